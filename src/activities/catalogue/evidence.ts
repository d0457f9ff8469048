import { EvidenceRecord, type EvidenceReference, type Observation } from '../../contracts/evidence.ts';
import type { Identity } from '../../contracts/ids.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import {
  type EvidenceChain,
  type EvidenceObject,
  type EvidenceSubject,
  inOrder,
  readChain,
} from '../../model/catalogue/evidence.ts';
import { evidenceKey, evidencePrefix } from '../../model/instance/names.ts';
import { digestOfText, hashOf } from '../attempt/hash.ts';
import { readManifestFile } from './manifests.ts';

/** What a procedure found out about a set, and which run found it. */
interface NewEvidence {
  /** The manifest that the procedure read. */
  manifest: Manifest;
  observation: Observation;
  by: { workflowId: string; runId: string };
}

/** Steps on the evidence of recovery sets: what is known of a set beside its manifest. */
export function createEvidenceActivities(objects: ObjectStore) {
  return {
    /**
     * Adds a record to the evidence of a set; succeeds if this run has already written the record. `mismatch` when the
     * manifest is no longer the one that the procedure read.
     */
    async recordEvidence({ manifest, observation, by }: NewEvidence): Promise<EvidenceReference> {
      const { instance, id, set } = manifest;
      const file = await readManifestFile(objects, manifest, set);
      if (hashOf(file.manifest) !== hashOf(manifest)) {
        throw new DrydockError(
          'mismatch',
          `record evidence of set ${set}: its manifest has changed since the set was read`,
          { next: 'verify the set again, and find out who writes to the bucket' },
        );
      }
      const found = await evidenceObjects(objects, manifest, set);
      const { records, next } = readChain({ of: { instance, id }, set, manifest: file.sha256 }, found);
      const earlier = records.find(({ kind, run }) => kind === observation.kind && run === by.runId);
      if (earlier !== undefined) return referenceTo(found, evidenceKey(manifest, set, earlier.number));
      const record = EvidenceRecord.parse({
        format: 'drydock-evidence/1',
        instance,
        id,
        set,
        ...next,
        at: new Date().toISOString(),
        by: by.workflowId,
        run: by.runId,
        manifest: file.sha256,
        ...observation,
      });
      return append(objects, record);
    },
  };
}

/** The records of a set, each of which names the one before. */
export async function chainOf(objects: ObjectStore, subject: EvidenceSubject): Promise<EvidenceChain> {
  return readChain(subject, await evidenceObjects(objects, subject.of, subject.set));
}

async function append(objects: ObjectStore, record: EvidenceRecord): Promise<EvidenceReference> {
  const key = evidenceKey(record, record.set, record.number);
  const text = `${JSON.stringify(record, null, 2)}\n`;
  try {
    await objects.put(key, text, { ifAbsent: true });
  } catch (error) {
    if (!(error instanceof DrydockError) || error.code !== 'already-exists') throw error;
    // The next attempt follows the record that came first, or finds out that it wrote that record itself.
    throw new DrydockError('unavailable', `write ${key}: another record was written at the same moment`);
  }
  return { key, sha256: digestOfText(text) };
}

async function evidenceObjects(objects: ObjectStore, of: Identity, set: string): Promise<EvidenceObject[]> {
  const keys = inOrder(await Array.fromAsync(objects.list(evidencePrefix(of, set)), ({ key }) => key));
  const texts = await Promise.all(keys.map((key) => objects.getText(key)));
  return keys.flatMap((key, index) => {
    const text = texts[index];
    return text === undefined ? [] : [{ key, text, sha256: digestOfText(text) }];
  });
}

function referenceTo(found: readonly EvidenceObject[], key: string): EvidenceReference {
  const sha256 = found.find((object) => object.key === key)?.sha256;
  if (sha256 === undefined) throw new DrydockError('internal', `look for ${key}: the object has vanished`);
  return { key, sha256 };
}
