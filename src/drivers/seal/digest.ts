import { createHash } from 'node:crypto';
import { type FileHandle, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from './seal.ts';

const blockBytes = 1024 * 1024;
const lookAgainMs = 5;

/** Computes the digest of passing bytes. */
export class RunningDigest {
  sizeBytes = 0;
  readonly #hash = createHash('sha256');

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.sizeBytes += bytes.byteLength;
  }

  /** May be called once. */
  finish(): Digest {
    return { sizeBytes: this.sizeBytes, sha256: this.#hash.digest('hex') };
  }
}

/** The digest of a stream, which is not kept. */
export async function digestOf(from: AsyncIterable<Buffer>, passed?: (bytes: number) => void): Promise<Digest> {
  const digest = new RunningDigest();
  for await (const chunk of from) {
    digest.add(chunk);
    passed?.(digest.sizeBytes);
  }
  return digest.finish();
}

/**
 * Computes the digest of a file right behind a program that is reading or writing it, from the page cache: cheaper than
 * passing the bytes through this process. `reachedBytes` gives the program's position; the rest follows when `work`
 * succeeds; when `work` fails, so does this function.
 */
export async function digestBehind(
  file: FileHandle,
  work: Promise<unknown>,
  behind: { reachedBytes(): Promise<number>; onBytes(doneBytes: number): void },
): Promise<Digest> {
  const digest = new RunningDigest();
  const buffer = Buffer.allocUnsafeSlow(blockBytes);
  const outcome: { ended: boolean; failure?: unknown } = { ended: false };
  const settled = work.then(
    () => {
      outcome.ended = true;
    },
    (error) => {
      outcome.failure = error;
    },
  );
  for (;;) {
    if (outcome.failure !== undefined) throw outcome.failure;
    const last = outcome.ended;
    if (!last && (await behind.reachedBytes()) - digest.sizeBytes < blockBytes) {
      await Promise.race([sleep(lookAgainMs), settled]);
      continue;
    }
    const { bytesRead } = await file.read(buffer, 0, blockBytes, digest.sizeBytes);
    if (bytesRead === 0 && last) return digest.finish();
    digest.add(buffer.subarray(0, bytesRead));
    behind.onBytes(digest.sizeBytes);
  }
}

/** A program's position in a file whose descriptor we gave it: both share one position. */
export async function readPosition(file: FileHandle): Promise<number> {
  try {
    const info = await readFile(`/proc/self/fdinfo/${file.fd}`, 'latin1');
    const position = Number(/^pos:\s*(\d+)/m.exec(info)?.[1]);
    return Number.isNaN(position) ? Number.POSITIVE_INFINITY : position;
  } catch {
    // Without /proc the digest may overtake the program; this only costs a second read from disk.
    return Number.POSITIVE_INFINITY;
  }
}
