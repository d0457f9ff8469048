import type { Readable } from 'node:stream';
import type { BucketProtection } from '../../contracts/bucket-protection.ts';

/**
 * One bucket of an S3-compatible store under one prefix; keys are relative to the prefix. Errors: `unavailable`
 * (connection, 5xx, slow down: try again), `not-found`, `already-exists` (If-None-Match lost), `damaged` (digest
 * differs), `refused` (credentials or permission; names the bucket, never the key material), `no-space`. An abort
 * rejects with the signal's reason.
 */
export interface ObjectStore {
  /** Small JSON objects only (manifests, blueprints, journal). `ifAbsent` writes with If-None-Match: *. */
  put(key: string, body: string, options: { ifAbsent: boolean }): Promise<void>;
  getText(key: string): Promise<string | undefined>;
  /** Streams an object; the stream fails if fewer bytes arrive than the object has. */
  read(key: string, signal?: AbortSignal): Promise<{ body: Readable; sizeBytes: number }>;
  /** `sha256` is the digest from `uploadFile`: an object without it was not uploaded by us. */
  head(key: string): Promise<{ sizeBytes: number; sha256?: string | undefined } | undefined>;
  /**
   * All keys below a prefix, in order, page by page. A prefix is whole path segments: `sets/1` never reaches `sets/10`.
   * The list begins after the key `after`, which need not exist.
   */
  list(prefix: string, after?: string): AsyncIterable<{ key: string; sizeBytes: number; modifiedAt: Date }>;
  /** Names directly below a prefix that have objects below them, in order, page by page. */
  folders(prefix: string): AsyncIterable<string>;
  /**
   * Absent is success. Reports all keys that it could not delete, together, each as `key: why`: `refused` when the
   * store forbids it (permission, object lock), else `unavailable`.
   */
  remove(keys: readonly string[]): Promise<void>;

  /**
   * Uploads a file in parts and can continue an earlier try: `resume` is the last value given to `onCheckpoint`. Parts
   * already in the store are compared by size and checksum and not sent again; an upload that the store no longer knows
   * starts over. Memory: parallel × part size, whatever the file's size. The object is published only whole. An
   * existing complete object with this size and digest (in its metadata) is success.
   */
  uploadFile(key: string, path: string, options: UploadOptions): Promise<void>;
  /** Unfinished multipart uploads below a prefix. */
  uploads(prefix: string): AsyncIterable<{ key: string; uploadId: string; initiatedAt: Date }>;
  abortUpload(key: string, uploadId: string): Promise<void>;
  /** Makes a missing bucket (embedded default) and proves that it can be written and read. */
  ensureBucket(): Promise<void>;
  /** What happens to deleted objects. Never fails, even without permission to ask. */
  protection(): Promise<BucketProtection>;
}

export interface UploadOptions {
  sha256: string;
  resume?: UploadCheckpoint | undefined;
  onCheckpoint?: (checkpoint: UploadCheckpoint) => void;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

/** Small enough for a heartbeat. */
export interface UploadCheckpoint {
  uploadId: string;
  partSizeBytes: number;
  /** Of the whole file: parts of another file are useless. */
  sha256: string;
}
