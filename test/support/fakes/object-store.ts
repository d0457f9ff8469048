import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { BucketProtection } from '../../../src/contracts/bucket-protection.ts';
import type { ObjectStore, UploadOptions } from '../../../src/drivers/object-store/object-store.ts';
import { DrydockError } from '../../../src/errors.ts';

export interface StoredObject {
  body: Buffer;
  sha256?: string;
  modifiedAt: Date;
}

interface OpenUpload {
  key: string;
  initiatedAt: Date;
  parts: Map<number, Buffer>;
}

/** What a bucket holds, by full key; tests may look at it and damage it. Several stores may share one bucket. */
export class InMemoryBucket {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, OpenUpload>();
  /** Number of all parts ever sent; parts that were already there do not count. */
  sentParts = 0;
  /** Set it to make every request fail. */
  outage: DrydockError | undefined;
  /** Objects, by full key, that may not be deleted. */
  locked: (key: string) => boolean = () => false;
  /** Called after every single deletion; the request throws the error that this function throws. */
  deleted: (key: string) => void = () => {};
  protection: BucketProtection = { versioning: 'off', objectLock: 'off' };
  #uploadCount = 0;

  deleteObject(key: string): void {
    if (this.objects.delete(key)) this.deleted(key);
  }

  deleteUpload(uploadId: string): void {
    const upload = this.uploads.get(uploadId);
    if (this.uploads.delete(uploadId)) this.deleted(upload?.key ?? '');
  }

  openUpload(key: string): string {
    this.#uploadCount += 1;
    const uploadId = `upload-${this.#uploadCount}`;
    this.uploads.set(uploadId, { key, initiatedAt: new Date(), parts: new Map() });
    return uploadId;
  }
}

/** The object store in memory; it passes the suite of the driver. */
export function createFakeObjectStore(
  bucket: InMemoryBucket = new InMemoryBucket(),
  options: { prefix?: string; partSizeBytes?: number } = {},
): ObjectStore {
  const root = asFolder(options.prefix ?? '');
  const request = async (): Promise<void> => {
    await Promise.resolve();
    if (bucket.outage !== undefined) throw bucket.outage;
  };
  const keysBelow = (prefix: string): string[] => {
    const from = root + asFolder(prefix);
    return [...bucket.objects.keys()].filter((key) => key.startsWith(from)).sort();
  };
  return {
    async put(key, body, { ifAbsent }) {
      await request();
      const name = root + checkKey(key);
      if (ifAbsent && bucket.objects.has(name)) throw new DrydockError('already-exists', `put ${key}: it exists`);
      bucket.objects.set(name, { body: Buffer.from(body), modifiedAt: new Date() });
    },
    async getText(key) {
      await request();
      return bucket.objects.get(root + checkKey(key))?.body.toString('utf8');
    },
    async read(key, signal) {
      await request();
      signal?.throwIfAborted();
      const found = bucket.objects.get(root + checkKey(key));
      if (found === undefined) throw new DrydockError('not-found', `read ${key}: no such object`);
      return {
        body: Readable.from(chunksOf(found.body, signal), { objectMode: false }),
        sizeBytes: found.body.byteLength,
      };
    },
    async head(key) {
      await request();
      const found = bucket.objects.get(root + checkKey(key));
      if (found === undefined) return undefined;
      const { body, sha256 } = found;
      return { sizeBytes: body.byteLength, ...(sha256 === undefined ? {} : { sha256 }) };
    },
    async *list(prefix, after = '') {
      await request();
      for (const key of keysBelow(prefix).filter((found) => found > root + after)) {
        const found = bucket.objects.get(key);
        if (found === undefined) continue;
        yield { key: key.slice(root.length), sizeBytes: found.body.byteLength, modifiedAt: found.modifiedAt };
      }
    },
    async *folders(prefix) {
      await request();
      const from = root + asFolder(prefix);
      const [names, rest] = [new Set<string>(), keysBelow(prefix).map((key) => key.slice(from.length).split('/'))];
      for (const [name, ...more] of rest) if (name !== undefined && more.length > 0) names.add(name);
      yield* names;
    },
    async remove(keys) {
      await request();
      const locked: string[] = [];
      for (const key of keys) {
        if (bucket.locked(root + checkKey(key))) locked.push(`${key}: AccessDenied`);
        else bucket.deleteObject(root + key);
      }
      if (locked.length === 0) return;
      throw new DrydockError('refused', `remove objects: ${locked.length} are still there`, { problems: locked });
    },
    async uploadFile(key, path, upload) {
      await request();
      await uploadInParts(
        bucket,
        { key: root + checkKey(key), path, partSizeBytes: options.partSizeBytes ?? 16 * 1024 ** 2 },
        upload,
      );
    },
    async *uploads(prefix) {
      await request();
      const from = root + asFolder(prefix);
      for (const [uploadId, { key, initiatedAt }] of bucket.uploads) {
        if (key.startsWith(from)) yield { key: key.slice(root.length), uploadId, initiatedAt };
      }
    },
    async abortUpload(_key, uploadId) {
      await request();
      bucket.deleteUpload(uploadId);
    },
    async protection() {
      await request();
      return bucket.protection;
    },
    ensureBucket: request,
  };
}

async function uploadInParts(
  bucket: InMemoryBucket,
  to: { key: string; path: string; partSizeBytes: number },
  options: UploadOptions,
): Promise<void> {
  options.signal?.throwIfAborted();
  const body = await readFile(to.path).catch((cause) => {
    throw new DrydockError('not-found', `upload ${to.path}: the file cannot be opened`, { cause });
  });
  const there = bucket.objects.get(to.key);
  if (there?.sha256 !== options.sha256 || there.body.byteLength !== body.byteLength) {
    if (body.byteLength > to.partSizeBytes) await sendParts(bucket, { ...to, body }, options);
    bucket.objects.set(to.key, { body, sha256: options.sha256, modifiedAt: new Date() });
  }
  options.onProgress?.(body.byteLength, body.byteLength);
}

async function sendParts(
  bucket: InMemoryBucket,
  to: { key: string; body: Buffer; partSizeBytes: number },
  options: UploadOptions,
): Promise<void> {
  const { resume } = options;
  const known = resume?.sha256 === options.sha256 && bucket.uploads.has(resume.uploadId) ? resume : undefined;
  if (resume !== undefined && known === undefined) bucket.uploads.delete(resume.uploadId);
  const checkpoint = known ?? {
    uploadId: bucket.openUpload(to.key),
    partSizeBytes: to.partSizeBytes,
    sha256: options.sha256,
  };
  if (known === undefined) options.onCheckpoint?.(checkpoint);
  const parts = bucket.uploads.get(checkpoint.uploadId)?.parts ?? new Map<number, Buffer>();
  for (let start = 0, number = 1; start < to.body.byteLength; start += checkpoint.partSizeBytes, number += 1) {
    await Promise.resolve();
    options.signal?.throwIfAborted();
    if (bucket.outage !== undefined) throw bucket.outage;
    const part = to.body.subarray(start, start + checkpoint.partSizeBytes);
    if (parts.get(number)?.equals(part) !== true) bucket.sentParts += 1;
    parts.set(number, part);
    options.onProgress?.(start + part.byteLength, to.body.byteLength);
  }
  options.signal?.throwIfAborted();
  bucket.uploads.delete(checkpoint.uploadId);
}

async function* chunksOf(body: Buffer, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  for (let start = 0; start < body.byteLength; start += 64 * 1024) {
    signal?.throwIfAborted();
    yield body.subarray(start, start + 64 * 1024);
  }
}

function asFolder(prefix: string): string {
  const path = prefix.replace(/^\/+|\/+$/g, '');
  return path === '' ? '' : `${checkKey(path)}/`;
}

function checkKey(key: string): string {
  if (key.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')) return key;
  throw new DrydockError('invalid-input', `object key "${key}" has an empty, "." or ".." segment`);
}
