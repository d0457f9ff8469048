import { type Identity, identityOf } from '../../contracts/ids.ts';
import type { Lineage } from '../../contracts/instance-record.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { RestorePlan, RestoreReport, RestoreRequest } from '../../contracts/restore.ts';
import { dataOf } from '../../model/sets/foreign-set.ts';
import type { NewerStore } from '../../model/sets/newer-stores.ts';
import { refuseCapture } from '../../model/sets/whole-sets.ts';
import type { Run } from '../running/run.ts';

/** What a restore is made from: a set, newer sets for some stores, and whose data it is if not that of a living one. */
interface Sources {
  readonly manifest: Manifest;
  readonly newer?: NewerStore[];
  readonly dataOf?: string;
}

/**
 * The set that a restore is made from. In place that is a set of the instance itself; a new instance takes a set of the
 * one that lives. A set of a removed instance is taken only if the request says so in two ways (foreign-set.ts).
 */
export async function readSources(
  request: Pick<RestoreRequest, 'instance' | 'id' | 'set' | 'newest' | 'confirm'>,
  own: Identity | undefined,
  run: Run,
): Promise<Sources> {
  const { instance, set, newest } = request;
  const life = await lifeOf(request, own, run);
  const foreign = dataOf(life, own?.id, request);
  const manifest = await run.control.readManifest({ of: identityOf(life), set });
  refuseCapture(manifest, `restore ${instance}`);
  const newer = newest.length === 0 ? undefined : await run.control.readNewerStores({ manifest, stores: newest });
  return { manifest, ...(newer && { newer }), ...(foreign && { dataOf: foreign }) };
}

async function lifeOf({ instance, id }: Pick<RestoreRequest, 'instance' | 'id'>, own: Identity | undefined, run: Run) {
  if (own !== undefined && (id ?? own.id) === own.id) return { ...identityOf(own), known: 'lives' as const };
  return run.control.identify({ instance, id });
}

/** Of a new instance: where its data comes from. */
export function lineageOf({ instance, id, set }: Manifest): Lineage {
  return { instance, id, set };
}

/** Names of the sets that the plan was made from, for the report. */
export function sourcesOf({ set, newer }: RestorePlan): Pick<RestoreReport, 'set' | 'newer'> {
  return { set, ...(newer.length === 0 ? {} : { newer }) };
}
