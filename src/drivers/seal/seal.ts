import type { Readable } from 'node:stream';

/**
 * Turns a file into its stored form (zstd, then age) and back, streaming, with both digests computed on the way. Uses
 * the `zstd` and `age` programs, so that anybody can unseal by hand. Errors: `cannot-decrypt` (no identity fits),
 * `damaged` (bytes differ from the sealed ones, or a source changed during sealing), `tool-failed`, `no-space`. Memory
 * is flat. An abort rejects with the signal's reason; any failure leaves no file behind.
 */
export interface Seal {
  /** Writes `to` atomically (a temporary name, then rename). Each run makes new bytes and gives their digests. */
  seal(from: string, to: string, options: SealOptions): Promise<SealedFile>;
  /**
   * Reads sealed bytes (and ends the stream in every case), checks stored size and digest, decrypts, decompresses,
   * checks source size and digest, then renames into place.
   */
  unseal(
    from: Readable,
    to: string,
    expected: SealedFile & Packing,
    options: { signal?: AbortSignal; onProgress?: (storedBytes: number) => void },
  ): Promise<void>;
  /** Digest and size of a stream, which is not kept. */
  digest(from: Readable, onProgress?: (bytes: number) => void): Promise<Digest>;
  /** Public keys for new sets; empty when encryption is off. */
  recipients(): readonly string[];
  /** Versions of the programs, for the manifest. */
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
