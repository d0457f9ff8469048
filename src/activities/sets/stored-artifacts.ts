import type { Artifact, Manifest } from '../../contracts/manifest.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import type { Seal } from '../../drivers/seal/seal.ts';
import { DrydockError } from '../../errors.ts';
import { reportProgress, signalOfStep } from '../attempt/step-context.ts';

export function createStoredSetActivities(objects: ObjectStore, seal: Pick<Seal, 'digest'>) {
  return {
    /** Reads every stored byte of a set again. */
    async verifySet({ manifest }: { set: string; manifest: Manifest }): Promise<void> {
      await verifyStored(objects, seal, manifest.artifacts);
    },
  };
}

/** Reads every stored byte of the artifacts again; `damaged` lists all that have changed or are gone. */
export async function verifyStored(
  objects: ObjectStore,
  seal: Pick<Seal, 'digest'>,
  artifacts: readonly Artifact[],
): Promise<void> {
  const total = artifacts.reduce((sum, { stored }) => sum + stored.sizeBytes, 0);
  let before = 0;
  const problems: string[] = [];
  for (const { key, stored } of artifacts) {
    const head = await objects.head(key);
    if (head?.sizeBytes !== stored.sizeBytes) {
      problems.push(
        `${key}: ${head === undefined ? 'is missing' : `${head.sizeBytes} bytes`}, ${stored.sizeBytes} bytes expected`,
      );
    } else {
      const { body } = await objects.read(key, signalOfStep());
      const { sha256 } = await seal.digest(body, (done) => reportProgress({ done: before + done, total }));
      if (sha256 !== stored.sha256) problems.push(`${key}: SHA-256 ${sha256}, ${stored.sha256} expected`);
    }
    before += stored.sizeBytes;
  }
  if (problems.length === 0) return;
  throw new DrydockError(
    'damaged',
    `read ${artifacts.length} stored artifacts again: ${problems.length} are not what was written`,
    {
      problems,
      next: 'this set cannot be restored; take a new one and look at what happened to the bucket',
    },
  );
}
