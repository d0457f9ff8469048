import type { Blueprint } from '../../contracts/blueprint.ts';
import type { Tier } from '../../contracts/ids.ts';
import type { InstanceState } from '../../contracts/lease.ts';
import { present } from '../../given.ts';
import type { JournalKey } from '../catalogue/journal-key.ts';
import { recoveryPointTarget } from '../catalogue/objectives.ts';
import { isWhole, restorable } from '../sets/whole-sets.ts';
import { type Sample, sample, secondsOf } from './samples.ts';

/** The catalogue's view of an instance. Sets are newest first. */
export interface CatalogueView {
  readonly sets: readonly {
    readonly createdAt: string;
    readonly blueprint: string;
    readonly verifiedAt?: string | undefined;
    readonly sizeBytes: number;
    readonly stores: readonly string[];
    readonly withoutStores?: readonly string[] | undefined;
  }[];
  readonly orphanBytes: number;
}

/** A successful drill. */
export interface DrillView {
  readonly startedAt: string;
  readonly endedAt: string;
}

/** The state in an instance's entity: facts, the lease's holder, who waits. */
export function entitySamples({ facts, holder, waiting }: InstanceState): Sample[] {
  const drydock_instance = facts.instance;
  const { id, host, tier, status } = facts;
  const first = waiting.map(({ since }) => secondsOf(since)).sort((one, other) => one - other)[0];
  return present(
    sample('drydock_instance_info', { drydock_instance, id, host, tier, status }, 1),
    sample('drydock_lease_waiting', { drydock_instance }, waiting.length),
    first !== undefined && sample('drydock_lease_waiting_since_timestamp_seconds', { drydock_instance }, first),
    holder !== undefined &&
      sample(
        'drydock_lease_held_since_timestamp_seconds',
        { drydock_instance, procedure: holder.procedure },
        secondsOf(holder.since),
      ),
  );
}

/**
 * What the catalogue proves: recovery points by store, verifications, sizes, and bytes of orphans. A capture moves the
 * recovery point of its stores when a whole set can supply the others; number, last size and last verification are
 * those of whole sets.
 */
export function catalogueSamples(drydock_instance: string, { sets, orphanBytes }: CatalogueView): Sample[] {
  const usable = restorable(sets);
  const whole = sets.filter(isWhole);
  const [newest] = whole;
  const verified = whole.flatMap(({ verifiedAt }) => verifiedAt ?? []).sort();
  const lastVerified = verified.at(-1);
  return present(
    sample('drydock_sets', { drydock_instance }, whole.length),
    sample('drydock_sets_size_bytes', { drydock_instance }, sum(sets.map(({ sizeBytes }) => sizeBytes))),
    sample('drydock_orphan_size_bytes', { drydock_instance }, orphanBytes),
    newest !== undefined && sample('drydock_last_set_size_bytes', { drydock_instance }, newest.sizeBytes),
    ...newestByStore(usable).map(([store, at]) =>
      sample('drydock_recovery_point_timestamp_seconds', { drydock_instance, store }, secondsOf(at)),
    ),
    ...newestByStore(usable.filter(({ verifiedAt }) => verifiedAt !== undefined)).map(([store, at]) =>
      sample('drydock_verified_recovery_point_timestamp_seconds', { drydock_instance, store }, secondsOf(at)),
    ),
    lastVerified !== undefined &&
      sample('drydock_last_verified_timestamp_seconds', { drydock_instance }, secondsOf(lastVerified)),
  );
}

/** The promise for each store of a blueprint. */
export function objectiveSamples(drydock_instance: string, tier: Tier, blueprint: Blueprint): Sample[] {
  return Object.keys(blueprint.stores).map((store) => {
    const { targetMs } = recoveryPointTarget(blueprint, tier, store);
    return sample('drydock_recovery_point_objective_seconds', { drydock_instance, store }, targetMs / 1000);
  });
}

/** The last run of every procedure by outcome, and the last successful drill. */
export function journalSamples(drydock_instance: string, runs: readonly JournalKey[], drill?: DrillView): Sample[] {
  const last = new Map<string, JournalKey>();
  for (const run of runs) {
    const known = last.get(`${run.procedure} ${run.outcome}`);
    if (known === undefined || known.startedAt < run.startedAt) last.set(`${run.procedure} ${run.outcome}`, run);
  }
  const ran = [...last.values()].map(({ procedure, outcome, startedAt }) =>
    sample('drydock_last_run_timestamp_seconds', { drydock_instance, procedure, outcome }, secondsOf(startedAt)),
  );
  if (drill === undefined) return ran;
  const began = secondsOf(drill.startedAt);
  return [
    ...ran,
    sample('drydock_last_drill_timestamp_seconds', { drydock_instance }, began),
    sample('drydock_last_drill_duration_seconds', { drydock_instance }, secondsOf(drill.endedAt) - began),
  ];
}

type SetView = CatalogueView['sets'][number];

function newestByStore(sets: readonly SetView[]): [store: string, createdAt: string][] {
  const newest = new Map<string, string>();
  for (const { stores, createdAt } of sets) {
    for (const store of stores) {
      if ((newest.get(store) ?? '') < createdAt) newest.set(store, createdAt);
    }
  }
  return [...newest];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
