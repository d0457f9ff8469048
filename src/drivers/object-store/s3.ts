import { S3Client } from '@aws-sdk/client-s3';
import { given } from '../../given.ts';
import { asFolder, type Bucket, fullKey } from './bucket.ts';
import { ensureBucket } from './ensure-bucket.ts';
import { folders, list, uploads } from './listings.ts';
import { abortUpload, uploadFile } from './multipart-upload.ts';
import type { ObjectStore } from './object-store.ts';
import { getText, head, put, read, remove } from './objects.ts';
import { protection } from './protection.ts';
import { toStoreError } from './s3-errors.ts';

interface S3Options {
  /** Absent for AWS itself. */
  endpoint: string | undefined;
  region: string;
  bucket: string;
  /** The prefix of all keys; '' is the whole bucket. */
  prefix: string;
  accessKeyId: string;
  secretAccessKey: string;
  forcePathStyle: boolean;
}

/** Idle time on one connection, not the length of a transfer. */
const socketTimeoutMs = 60_000;
const connectionTimeoutMs = 5_000;

export function createS3ObjectStore(options: S3Options): ObjectStore {
  const client = connect(options);
  const { bucket } = options;
  const s3: Bucket = { client, bucket, region: options.region, root: asFolder(options.prefix) };

  const tried = async <T>(what: string, work: Promise<T>, signal?: AbortSignal): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw toStoreError(error, what, { bucket, signal });
    }
  };
  const listed = async function* <T>(what: string, items: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* items;
    } catch (error) {
      throw toStoreError(error, what, { bucket });
    }
  };

  return {
    put: (key, body, how) => tried(`put ${key}`, put(s3, key, body, how)),
    getText: (key) => tried(`get ${key}`, getText(s3, key)),
    read: (key, signal) => tried(`read ${key}`, read(s3, key, signal), signal),
    head: (key) => tried(`head ${key}`, head(s3, key)),
    remove: (keys) => tried(`remove ${keys.length} objects`, remove(s3, keys)),
    list: (prefix, after) => listed(`list ${prefix}`, list(s3, prefix, after)),
    folders: (prefix) => listed(`list folders below ${prefix}`, folders(s3, prefix)),
    uploads: (prefix) => listed(`list uploads below ${prefix}`, uploads(s3, prefix)),
    uploadFile: (key, path, how) => tried(`upload ${path} to ${key}`, uploadFile(s3, { key, path }, how), how.signal),
    abortUpload: async (key, uploadId) =>
      tried(`abort upload of ${key}`, abortUpload(s3, { Bucket: bucket, Key: fullKey(s3, key) }, uploadId)),
    protection: () => tried('ask how the bucket is protected', protection(s3)),
    ensureBucket: () => tried('write and read', ensureBucket(s3)),
  };
}

function connect(options: S3Options): S3Client {
  const client = new S3Client({
    region: options.region,
    forcePathStyle: options.forcePathStyle,
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    requestHandler: { connectionTimeout: connectionTimeoutMs, socketTimeout: socketTimeoutMs },
    // For broken connections only; the caller waits for an unavailable store.
    maxAttempts: 3,
    ...given({ endpoint: options.endpoint }),
  });
  // Where we give a SHA-256 of the body, its header is signed and the server checks the body: a second hash for the
  // signature would only cost both sides time.
  client.middlewareStack.add(
    (next) => (args) => {
      if ('ChecksumSHA256' in args.input && 'Body' in args.input) {
        (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
      }
      return next(args);
    },
    { step: 'build', name: 'signChecksumOnly' },
  );
  return client;
}
