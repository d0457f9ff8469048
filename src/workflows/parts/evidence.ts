import type { EvidenceReference, Observation } from '../../contracts/evidence.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import { explain } from '../../failures.ts';
import { storedBytes } from '../../model/sets/stored-bytes.ts';
import type { Run } from '../running/run.ts';

/** Adds this run's finding to the set's evidence. Report and journal keep its digest, so a rewritten chain shows. */
export function noteEvidence(manifest: Manifest, observation: Observation, run: Run): Promise<EvidenceReference> {
  const { workflowId, runId } = run.id;
  return run.control.recordEvidence({ manifest, observation, by: { workflowId, runId } });
}

/** Reads every stored byte of a set again, and notes the result, also damage, which fails the run. */
export async function verifyBytes(manifest: Manifest, run: Run): Promise<EvidenceReference> {
  await run.control.verifySet({ set: manifest.set, manifest }).catch((error) => noteDamage(error, manifest, run));
  return noteEvidence(manifest, { ...read(manifest), finding: { outcome: 'passed' } }, run);
}

/** Notes only damage: a store that does not answer says nothing about the set. */
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
