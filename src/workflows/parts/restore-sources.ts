import type { Manifest } from '../../contracts/manifest.ts';
import type { RestorePlan, RestoreReport, RestoreRequest } from '../../contracts/restore.ts';
import type { NewerStore } from '../../model/sets/newer-stores.ts';
import { refuseCapture } from '../../model/sets/whole-sets.ts';
import type { Run } from '../running/run.ts';

/** The set that a restore is made from, and newer sets for some stores, if the request asks for them. */
export async function readSources(
  { instance, set, newest }: Pick<RestoreRequest, 'instance' | 'set' | 'newest'>,
  run: Run,
): Promise<{ manifest: Manifest; newer: { newer?: NewerStore[] } }> {
  const manifest = await run.control.readManifest({ instance, set });
  refuseCapture(manifest, `restore ${instance}`);
  if (newest.length === 0) return { manifest, newer: {} };
  return { manifest, newer: { newer: await run.control.readNewerStores({ manifest, stores: newest }) } };
}

/** Names of the sets that the plan was made from, for the report. */
export function sourcesOf({ set, newer }: RestorePlan): Pick<RestoreReport, 'set' | 'newer'> {
  return { set, ...(newer.length === 0 ? {} : { newer }) };
}
