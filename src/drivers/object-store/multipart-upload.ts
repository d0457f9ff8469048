import { open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { DrydockError } from '../../errors.ts';
import { given } from '../../given.ts';
import { type Bucket, fullKey } from './bucket.ts';
import type { UploadCheckpoint, UploadOptions } from './object-store.ts';
import { type CompletedPart, type FileToUpload, listParts, readBlock, sendParts } from './parts.ts';
import { isAbsent } from './s3-errors.ts';

const smallestPartBytes = 16 * 1024 * 1024;
/** The protocol allows 10,000 parts. */
const mostParts = 9_500;

/**
 * Publishes a file as one object, whole or not at all.
 * Before:  the file is complete and holds still.
 * After:   the object has the file's size, and its digest in the metadata.
 * Failure: parts that arrived stay in the store, to be resumed with the last checkpoint or aborted by the caller.
 */
export async function uploadFile(
  s3: Bucket,
  from: { key: string; path: string },
  options: UploadOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  const handle = await open(from.path, 'r').catch((cause) => {
    throw new DrydockError('not-found', `upload ${from.path}: the file cannot be opened`, { cause });
  });
  try {
    const sizeBytes = (await handle.stat()).size;
    const file: FileToUpload = { handle, sizeBytes, target: { Bucket: s3.bucket, Key: fullKey(s3, from.key) } };
    if (await isPublished(s3, file, options.sha256)) return options.onProgress?.(sizeBytes, sizeBytes);
    if (sizeBytes <= smallestPartBytes) await putWhole(s3, file, options);
    else await putInParts(s3, file, options);
    if (await isPublished(s3, file, options.sha256)) return options.onProgress?.(sizeBytes, sizeBytes);
    throw new DrydockError(
      'damaged',
      `upload ${from.key}: the published object is not the file: size or digest differ`,
    );
  } finally {
    await handle.close();
  }
}

/** Aborts an upload; an absent upload is success. */
export async function abortUpload(s3: Bucket, target: FileToUpload['target'], uploadId: string): Promise<void> {
  try {
    await s3.client.send(new AbortMultipartUploadCommand({ ...target, UploadId: uploadId }));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** Large files get larger parts, so that every file fits the limit of parts; whole MiB keep reads aligned. */
function partSizeFor(sizeBytes: number): number {
  const mib = 1024 * 1024;
  return Math.max(smallestPartBytes, Math.ceil(sizeBytes / mostParts / mib) * mib);
}

async function putWhole(s3: Bucket, file: FileToUpload, options: UploadOptions): Promise<void> {
  const body = await readBlock(file, Buffer.allocUnsafeSlow(file.sizeBytes), 0);
  const command = new PutObjectCommand({
    ...file.target,
    Body: body.bytes,
    ContentLength: file.sizeBytes,
    ChecksumSHA256: body.sha256,
    Metadata: { sha256: options.sha256 },
  });
  await s3.client.send(command, given({ abortSignal: options.signal }));
}

async function putInParts(s3: Bucket, file: FileToUpload, options: UploadOptions): Promise<void> {
  const { upload, there } = (await resumed(s3, file, options)) ?? (await begun(s3, file, options));
  const parts = await sendParts(s3, file, { ...options, upload, there });
  try {
    await s3.client.send(
      new CompleteMultipartUploadCommand({
        ...file.target,
        UploadId: upload.uploadId,
        MultipartUpload: { Parts: parts },
      }),
    );
  } catch (error) {
    // An earlier try may have completed without receiving the answer: the object itself decides.
    if (!isAbsent(error) || !(await isPublished(s3, file, options.sha256))) throw error;
  }
}

type Begun = { upload: UploadCheckpoint; there: ReadonlyMap<number, CompletedPart> };

/**
 * The earlier upload, if the store still has it and its metadata carries the digest of these bytes. Uploads of other
 * bytes are aborted.
 */
async function resumed(s3: Bucket, file: FileToUpload, options: UploadOptions): Promise<Begun | undefined> {
  const { resume } = options;
  if (resume === undefined) return undefined;
  if (resume.sha256 !== options.sha256) {
    await abortUpload(s3, file.target, resume.uploadId);
    return undefined;
  }
  const there = await listParts(s3, file, resume.uploadId);
  return there === undefined ? undefined : { upload: resume, there };
}

async function begun(s3: Bucket, file: FileToUpload, options: UploadOptions): Promise<Begun> {
  const { UploadId } = await s3.client.send(
    new CreateMultipartUploadCommand({
      ...file.target,
      ChecksumAlgorithm: 'SHA256',
      Metadata: { sha256: options.sha256 },
    }),
  );
  if (UploadId === undefined) throw new DrydockError('unavailable', 'begin upload: the store gave no upload id');
  const upload: UploadCheckpoint = {
    uploadId: UploadId,
    partSizeBytes: partSizeFor(file.sizeBytes),
    sha256: options.sha256,
  };
  options.onCheckpoint?.(upload);
  return { upload, there: new Map() };
}

async function isPublished(s3: Bucket, file: FileToUpload, sha256: string): Promise<boolean> {
  try {
    const found = await s3.client.send(new HeadObjectCommand(file.target));
    return found.ContentLength === file.sizeBytes && found.Metadata?.['sha256'] === sha256;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
