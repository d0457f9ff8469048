import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { ListPartsCommand, type ListPartsCommandOutput, UploadPartCommand } from '@aws-sdk/client-s3';
import { DrydockError } from '../../errors.ts';
import type { Bucket } from './bucket.ts';
import type { UploadCheckpoint, UploadOptions } from './object-store.ts';
import { answerOf } from './s3-errors.ts';

export interface FileToUpload {
  handle: FileHandle;
  sizeBytes: number;
  target: { Bucket: string; Key: string };
}

export interface CompletedPart {
  PartNumber: number;
  ETag: string;
  ChecksumSHA256: string | undefined;
  sizeBytes: number;
}

interface Sending extends UploadOptions {
  upload: UploadCheckpoint;
  there: ReadonlyMap<number, CompletedPart>;
}

/** Memory is this number of buffers, one part each. */
const parallel = 4;

/** The parts of an upload in the store; undefined when the store no longer knows the upload. */
export async function listParts(
  s3: Bucket,
  file: FileToUpload,
  uploadId: string,
): Promise<Map<number, CompletedPart> | undefined> {
  const parts = new Map<number, CompletedPart>();
  let marker: string | undefined;
  do {
    let page: ListPartsCommandOutput;
    try {
      page = await s3.client.send(
        new ListPartsCommand({ ...file.target, UploadId: uploadId, ...(marker ? { PartNumberMarker: marker } : {}) }),
      );
    } catch (error) {
      if (answerOf(error).name === 'NoSuchUpload') return undefined;
      throw error;
    }
    for (const { PartNumber, ETag, Size, ChecksumSHA256 } of page.Parts ?? []) {
      if (PartNumber === undefined || ETag === undefined) continue;
      parts.set(PartNumber, { PartNumber, ETag, ChecksumSHA256, sizeBytes: Size ?? 0 });
    }
    marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (marker);
  return parts;
}

/**
 * Sends every missing part. After a stop or a failure no further part begins, but parts under way are awaited: the
 * store is then idle when the caller goes on, and a resumed upload finds these parts.
 */
export async function sendParts(s3: Bucket, file: FileToUpload, options: Sending): Promise<CompletedPart[]> {
  const { partSizeBytes } = options.upload;
  const count = Math.ceil(file.sizeBytes / partSizeBytes);
  const parts: CompletedPart[] = new Array(count);
  const failures: unknown[] = [];
  let next = 0;
  let doneBytes = 0;
  const lane = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafeSlow(partSizeBytes);
    while (next < count && failures.length === 0 && !options.signal?.aborted) {
      const index = next++;
      const part = await sendPart(s3, file, { ...options, number: index + 1, buffer });
      parts[index] = part;
      doneBytes += part.sizeBytes;
      options.onProgress?.(doneBytes, file.sizeBytes);
    }
  };
  await Promise.all(
    Array.from({ length: Math.min(parallel, count) }, () => lane().catch((error) => failures.push(error))),
  );
  options.signal?.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  return parts;
}

async function sendPart(
  s3: Bucket,
  file: FileToUpload,
  options: Sending & { number: number; buffer: Buffer },
): Promise<CompletedPart> {
  const { number, buffer, upload } = options;
  const { bytes, sha256 } = await readBlock(file, buffer, (number - 1) * upload.partSizeBytes);
  const there = options.there.get(number);
  if (there !== undefined && there.sizeBytes === bytes.byteLength && isSame(there, bytes, sha256))
    return { ...there, ChecksumSHA256: sha256 };
  const command = new UploadPartCommand({
    ...file.target,
    UploadId: upload.uploadId,
    PartNumber: number,
    Body: bytes,
    ContentLength: bytes.byteLength,
    ChecksumSHA256: sha256,
  });
  const { ETag } = await s3.client.send(command);
  if (ETag === undefined) throw new DrydockError('unavailable', `upload part ${number}: the store gave no ETag`);
  return { PartNumber: number, ETag, ChecksumSHA256: sha256, sizeBytes: bytes.byteLength };
}

/** Stores that keep no SHA-256 of a part give its MD5 as ETag. */
function isSame(there: CompletedPart, bytes: Buffer, sha256: string): boolean {
  if (there.ChecksumSHA256 !== undefined) return there.ChecksumSHA256 === sha256;
  return there.ETag.replaceAll('"', '') === createHash('md5').update(bytes).digest('hex');
}

/** Reads a full buffer or the rest of the file from there, with its digest in the protocol's form. */
export async function readBlock(
  file: FileToUpload,
  buffer: Buffer,
  start: number,
): Promise<{ bytes: Buffer; sha256: string }> {
  const wanted = Math.min(buffer.byteLength, file.sizeBytes - start);
  let done = 0;
  while (done < wanted) {
    const { bytesRead } = await file.handle.read(buffer, done, wanted - done, start + done);
    if (bytesRead === 0)
      throw new DrydockError('damaged', `upload ${file.target.Key}: the file became shorter meanwhile`);
    done += bytesRead;
  }
  const bytes = buffer.subarray(0, wanted);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('base64') };
}
