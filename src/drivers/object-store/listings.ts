import {
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { asFolder, type Bucket } from './bucket.ts';

export async function* list(
  s3: Bucket,
  prefix: string,
  after?: string,
): AsyncGenerator<{ key: string; sizeBytes: number; modifiedAt: Date }> {
  const request = { Bucket: s3.bucket, Prefix: s3.root + asFolder(prefix), StartAfter: after && s3.root + after };
  for (let token: string | undefined, more = true; more; ) {
    const page = await s3.client.send(new ListObjectsV2Command({ ...request, ContinuationToken: token }));
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      if (Key === undefined || Key.endsWith('/')) continue;
      yield { key: Key.slice(s3.root.length), sizeBytes: Size ?? 0, modifiedAt: LastModified ?? new Date(0) };
    }
    token = page.NextContinuationToken;
    more = page.IsTruncated === true && token !== undefined;
  }
}

/** Pages hold names only, so a folder with a million objects costs one entry. */
export async function* folders(s3: Bucket, prefix: string): AsyncGenerator<string> {
  const below = s3.root + asFolder(prefix);
  const request = { Bucket: s3.bucket, Prefix: below, Delimiter: '/' };
  for (let token: string | undefined, more = true; more; ) {
    const page = await s3.client.send(new ListObjectsV2Command({ ...request, ContinuationToken: token }));
    for (const { Prefix = '' } of page.CommonPrefixes ?? []) yield Prefix.slice(below.length, -1);
    token = page.NextContinuationToken;
    more = page.IsTruncated === true && token !== undefined;
  }
}

export async function* uploads(
  s3: Bucket,
  prefix: string,
): AsyncGenerator<{ key: string; uploadId: string; initiatedAt: Date }> {
  const request = { Bucket: s3.bucket, Prefix: s3.root + asFolder(prefix) };
  let next: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (next !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await s3.client.send(
      new ListMultipartUploadsCommand({ ...request, ...next }),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined) continue;
      yield { key: Key.slice(s3.root.length), uploadId: UploadId, initiatedAt: Initiated ?? new Date(0) };
    }
    const { NextKeyMarker: key, NextUploadIdMarker: uploadId } = page;
    next = page.IsTruncated && key ? { KeyMarker: key, ...(uploadId ? { UploadIdMarker: uploadId } : {}) } : undefined;
  }
}
