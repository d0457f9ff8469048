import type { EvidenceReference, Observation } from '../../contracts/evidence.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import { explain } from '../../failures.ts';
import { storedBytes } from '../../model/sets/stored-bytes.ts';
import type { Run } from '../running/run.ts';

/** Writes what this run found beside the set. Its digest goes into the report, and so into the journal: a chain written anew shows there. */
export function noteEvidence(manifest: Manifest, observation: Observation, run: Run): Promise<EvidenceReference> {
  const { workflowId, runId } = run.id;
  return run.control.recordEvidence({ manifest, observation, by: { workflowId, runId } });
}

/** Reads every stored byte of a set again, and notes what was found: also damage, which fails the run. */
export async function verifyBytes(manifest: Manifest, run: Run): Promise<EvidenceReference> {
  await run.control.verifySet({ set: manifest.set, manifest }).catch((error) => noteDamage(error, manifest, run));
  return noteEvidence(manifest, { ...read(manifest), finding: { outcome: 'passed' } }, run);
}

/** Only damage is known of the set: a store that does not answer says nothing of what lies in it. */
async function noteDamage(error: unknown, manifest: Manifest, run: Run): Promise<never> {
  const { code, message: problem } = explain(error);
  if (code === 'damaged') {
    await noteEvidence(manifest, { ...read(manifest), finding: { outcome: 'failed', code, problem } }, run);
  }
  throw error;
}

function read({ artifacts }: Manifest) {
  return {
    kind: 'bytes-verified' as const,
    sizeBytes: storedBytes(artifacts),
  };
}
