import type { Readable } from 'node:stream';

/**
 * Turns a file into what is stored (zstd, then age) and back, streaming, with both digests taken on the way.
 * Uses the `zstd` and `age` programs, so that anybody can undo it by hand. Errors: `cannot-decrypt` (no identity fits),
 * `damaged` (bytes are not what was sealed, or a source changed while it was sealed), `tool-failed`, `no-space`. Memory is
 * flat. What the caller's signal stops rejects with the signal's reason; a failure of any kind leaves no file behind.
 */
export interface Seal {
  /** Writes `to` atomically (a temporary name, then rename). Repeating makes new bytes: the digests are those of this run. */
  seal(from: string, to: string, options: SealOptions): Promise<SealedFile>;
  /** Reads sealed bytes (and ends the stream in every case), checks stored size and digest, decrypts, decompresses, checks source size and digest, then renames into place. */
  unseal(
    from: Readable,
    to: string,
    expected: SealedFile & Packing,
    options: { signal?: AbortSignal; onProgress?: (storedBytes: number) => void },
  ): Promise<void>;
  /** Digest and size of a stream, as it passes into nothing. */
  digest(from: Readable, onProgress?: (bytes: number) => void): Promise<Digest>;
  /** Public keys that new sets are encrypted to; empty when encryption is off. */
  recipients(): readonly string[];
  /** Versions of the programs used, for the manifest. */
  tools(): Promise<Record<string, string>>;
}

export interface Digest {
  sizeBytes: number;
  sha256: string;
}

export interface Packing {
  compression: 'none' | 'zstd';
  encryption: 'none' | 'age';
}

export interface SealOptions {
  compression: 'none' | 'zstd';
  signal?: AbortSignal;
  onProgress?: (sourceBytes: number) => void;
}

export interface SealedFile {
  source: Digest;
  stored: Digest;
}
