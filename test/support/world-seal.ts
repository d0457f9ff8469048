import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Digest, Seal } from '../../src/drivers/seal/seal.ts';
import { DrydockError } from '../../src/errors.ts';

export interface PlainSeal extends Seal {
  /** Source names, in the order they were sealed. */
  readonly sealed: string[];
  /** Targets, in the order they were unsealed. */
  readonly unsealed: string[];
}

const header = 'sealed:';

/** A seal without programs: a word before the bytes. Digests and refusals are those of the real seal. */
export function createPlainSeal({ recipients = [] }: { recipients?: readonly string[] } = {}): PlainSeal {
  const sealed: string[] = [];
  const unsealed: string[] = [];
  return {
    sealed,
    unsealed,
    async seal(from, to, { signal, onProgress }) {
      signal?.throwIfAborted();
      const source = await readFile(from);
      const stored = Buffer.concat([Buffer.from(header), source]);
      await writeFile(`${to}.part`, stored);
      await rename(`${to}.part`, to);
      sealed.push(from);
      onProgress?.(source.byteLength);
      return { source: digestOf(source), stored: digestOf(stored) };
    },
    async unseal(from, to, expected, { signal, onProgress }) {
      signal?.throwIfAborted();
      const stored = await buffer(from);
      refuseOther(expected.stored, stored, to);
      const source = stored.subarray(header.length);
      refuseOther(expected.source, source, to);
      await writeFile(`${to}.part`, source);
      await rename(`${to}.part`, to);
      unsealed.push(to);
      onProgress?.(stored.byteLength);
    },
    digest: async (from) => digestOf(await buffer(from)),
    recipients: () => recipients,
    tools: async () => ({ zstd: 'none' }),
  };
}

function digestOf(bytes: Buffer): Digest {
  return { sizeBytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function refuseOther(expected: Digest, found: Buffer, to: string): void {
  const { sizeBytes, sha256 } = digestOf(found);
  if (sizeBytes === expected.sizeBytes && sha256 === expected.sha256) return;
  throw new DrydockError('damaged', `unseal ${to}: the bytes are not what was sealed`);
}
