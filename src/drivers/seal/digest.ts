import { createHash } from 'node:crypto';
import { type FileHandle, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Digest } from './seal.ts';

const blockBytes = 1024 * 1024;
const lookAgainMs = 5;

/** Takes the digest of bytes as they come by. */
export class RunningDigest {
  sizeBytes = 0;
  readonly #hash = createHash('sha256');

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.sizeBytes += bytes.byteLength;
  }

  /** Once only. */
  finish(): Digest {
    return { sizeBytes: this.sizeBytes, sha256: this.#hash.digest('hex') };
  }
}

/**
 * Takes the digest of a file that a program reads or writes at this moment, right behind it, from the page cache:
 * cheaper than leading the bytes through this process. `reachedBytes` says how far the program is; when `work` is
 * done the rest follows; when it fails, so does this.
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

/** How far a program has read a file whose descriptor we gave it: both share one position. */
export async function readPosition(file: FileHandle): Promise<number> {
  try {
    const info = await readFile(`/proc/self/fdinfo/${file.fd}`, 'latin1');
    const position = Number(/^pos:\s*(\d+)/m.exec(info)?.[1]);
    return Number.isNaN(position) ? Number.POSITIVE_INFINITY : position;
  } catch {
    // Without /proc the digest may run ahead of the program; that costs reading twice from disk, nothing else.
    return Number.POSITIVE_INFINITY;
  }
}
