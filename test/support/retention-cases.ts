import type { Client } from '@temporalio/client';
import { digestOfText } from '../../src/activities/attempt/hash.ts';
import type { createRetentionActivities } from '../../src/activities/catalogue/retention.ts';
import { type Identity, SetId } from '../../src/contracts/ids.ts';
import type { Manifest } from '../../src/contracts/manifest.ts';
import type { Removal, RetentionBasis, RetentionPlan, Tombstone } from '../../src/contracts/retention.ts';
import { RetentionRules } from '../../src/contracts/retention-rules.ts';
import type { CataloguedSet, OpenRun, RetentionObservation } from '../../src/model/catalogue/retention-observation.ts';
import { artifactKey, evidenceKey, manifestKey, setId } from '../../src/model/instance/names.ts';
import { aManifest, anArtifact, anIdentity } from './builders.ts';
import type { InMemoryBucket } from './fakes/object-store.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const stores = ['graph', 'files'];
const digest = 'a'.repeat(64);

/** Id of a set of so many days ago. `number` tells sets of one moment apart. */
export function setOf(now: number, ageDays: number, number = 0): SetId {
  return SetId.parse(setId(new Date(now - ageDays * dayMs), number.toString(16).padStart(8, '0')));
}

export function aSet(now: number, ageDays: number, changes: Partial<CataloguedSet> = {}): CataloguedSet {
  return {
    set: setOf(now, ageDays),
    createdAt: new Date(now - ageDays * dayMs).toISOString(),
    stores,
    blueprint: { ref: 'stack@1.0.0', digest },
    objects: 3,
    sizeBytes: 1000,
    ...changes,
  };
}

export function verified(now: number): Pick<CataloguedSet, 'verifiedAt'> {
  return { verifiedAt: new Date(now).toISOString() };
}

export function living(rules: object = {}, changes: object = {}): RetentionBasis {
  return { kind: 'living', tier: 'standard', stores, rules: RetentionRules.parse(rules), ...changes };
}

export function anObservation(now: number, changes: Partial<RetentionObservation> = {}): RetentionObservation {
  return {
    of: anIdentity(),
    now: new Date(now).toISOString(),
    basis: living(),
    sets: [],
    unreadable: [],
    fragments: [],
    uploads: [],
    leftAlone: [],
    openRuns: [],
    reliances: [],
    protection: { versioning: 'off', objectLock: 'off' },
    ...changes,
  };
}

export function aTombstone(decommissionedAt: number, keepSetsUntil: number): Tombstone {
  return {
    format: 'drydock-tombstone/1',
    ...anIdentity(),
    decommissionedAt: new Date(decommissionedAt).toISOString(),
    keepSetsUntil: new Date(keepSetsUntil).toISOString(),
  };
}

/** A Temporal in which these runs are open, and no entity. */
export function clientWith(runs: () => readonly OpenRun[]): () => Client {
  async function* list() {
    for (const { procedure: type, workflowId, startedAt, set } of runs()) {
      const searchAttributes = set === undefined ? {} : { DrydockSet: [set] };
      yield { type, workflowId, startTime: new Date(startedAt), searchAttributes };
    }
  }
  return () => ({ workflow: { list } }) as unknown as Client;
}

/** A manifest of two stores captured at that moment, with the bytes of each artifact. */
export function aSetOf(
  of: Identity,
  set: string,
  createdAt: Date,
): { manifest: Manifest; bodies: Map<string, string> } {
  const bodies = new Map(
    stores.map((store): [string, string] => [artifactKey(of, set, store, `${store}.dump`), `${store} of ${set}`]),
  );
  const artifacts = [...bodies].map(([key, body]) => {
    const [, , , , store = ''] = key.split('/');
    return anArtifact(store, { key, stored: { sizeBytes: body.length, sha256: digest } });
  });
  const all = aManifest();
  const manifest = aManifest({
    ...of,
    set,
    createdAt: createdAt.toISOString(),
    stores: all.stores.filter(({ store }) => stores.includes(store)),
    artifacts,
  });
  return { manifest, bodies };
}

/** Puts a whole set into a bucket in memory, below a prefix that ends with a slash or is empty. */
export function putSet(
  bucket: InMemoryBucket,
  at: { prefix?: string; of?: Identity },
  set: string,
  isVerified = false,
): void {
  const { prefix = '', of = anIdentity() } = at;
  const modifiedAt = new Date(timeOf(set));
  const { manifest, bodies } = aSetOf(of, set, modifiedAt);
  for (const [key, body] of bodies) {
    bucket.objects.set(prefix + key, { body: Buffer.from(body), sha256: digest, modifiedAt });
  }
  const put = (key: string, value: object) =>
    bucket.objects.set(prefix + key, { body: Buffer.from(JSON.stringify(value)), modifiedAt });
  put(manifestKey(of, set), manifest);
  if (!isVerified) return;
  put(evidenceKey(of, set, 1), {
    format: 'drydock-evidence/1',
    ...of,
    ...{ set, number: 1, at: modifiedAt.toISOString(), by: 'verify', run: 'r' },
    manifest: digestOfText(JSON.stringify(manifest)),
    ...{ kind: 'bytes-verified', finding: { outcome: 'passed' }, sizeBytes: 1 },
  });
}

export function timeOf(set: string): number {
  return Date.parse(set.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*/, '$1-$2-$3T$4:$5:$6Z'));
}

type Steps = ReturnType<typeof createRetentionActivities>;

/** Calls the steps as the workflow does: the plan, each removal, the proof. */
export async function applyRetention(
  steps: Steps,
  request: { of: Identity; basis: RetentionBasis; tombstone?: Tombstone },
): Promise<{ plan: RetentionPlan; removals: Removal[] }> {
  const { of } = request;
  const plan = await steps.planRetention(request);
  const removals: Removal[] = [];
  for (const { set, reasons, verdict } of plan.sets) {
    if (verdict === 'delete') removals.push(await steps.removeSet({ of, set, reasons }));
  }
  for (const orphan of plan.orphans) {
    if (orphan.verdict === 'delete') removals.push(await steps.removeOrphan({ of, orphan }));
  }
  await steps.proveRetention({ plan, removals });
  return { plan, removals };
}
