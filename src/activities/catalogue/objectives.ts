import type { Client } from '@temporalio/client';
import { z } from 'zod';
import type { Blueprint } from '../../contracts/blueprint.ts';
import type { EvidenceRecord } from '../../contracts/evidence.ts';
import { BlueprintRef, type Identity, type Instant, Tier } from '../../contracts/ids.ts';
import type { JournalEntry } from '../../contracts/journal.ts';
import type { SetSummary } from '../../contracts/manifest.ts';
import type { NightOutcome } from '../../contracts/night.ts';
import type { Objective, ObjectivesReport } from '../../contracts/objectives.ts';
import type { Month, MonthReport } from '../../contracts/report.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import type { JournalKey } from '../../model/catalogue/journal-key.ts';
import { boundsOf, monthBefore } from '../../model/catalogue/month.ts';
import { monthReport } from '../../model/catalogue/month-report.ts';
import { counts, judgeObjectives, recoveriesThatCount, setsLeftOut } from '../../model/catalogue/objectives.ts';
import { failureOfDrill, recoveryOfDrill, recoveryOfRestore } from '../../model/catalogue/recoveries.ts';
import type { ReportBatches } from '../attempt/in-batches.ts';
import { inBatches } from '../attempt/in-batches.ts';
import { reportProgress } from '../attempt/step-context.ts';
import { askState } from '../claims/instance-state.ts';
import { fetchBlueprint } from '../instance/instances.ts';
import { doneEntries, journalKeys, readEntry } from './journal.ts';
import { knownSets, summaryOf } from './known-sets.ts';

/** What is still known of an instance. */
interface Known {
  readonly host: string | undefined;
  readonly tier: Tier | undefined;
  readonly blueprint: BlueprintRef | undefined;
  /** False while the instance is made and once it was removed: then nothing is promised. */
  readonly serves: boolean;
  readonly nights: readonly NightOutcome[];
  readonly notes: readonly string[];
}

const Changed = z.looseObject({ tier: Tier });

const Provisioned = z.looseObject({
  host: z.string(),
  tier: Tier,
  blueprint: z.looseObject({ ref: BlueprintRef }),
});

/** An upgrade may wait two weeks before it begins, and then for its window; everything else ends within days. */
const longestRunDays = { upgrade: 31, other: 8 } as const;
const dayMs = 86_400_000;

/** Steps that say what is proven of an instance. They change nothing. A test may pass another clock. */
export function createObjectiveActivities(client: () => Client, objects: ObjectStore, clock: () => number = Date.now) {
  return {
    /** Compares promises with what sets, drills and restores prove now. `not-found` if the instance does not serve. */
    async computeObjectives({ of }: { of: Identity }): Promise<ObjectivesReport> {
      const { instance } = of;
      const { sets, unread } = await judgedSets(objects, of);
      const known = await whatIsKnown(of, sets);
      const judged = await objectivesOf(of, known, await blueprintOf(known.blueprint), sets);
      if (judged === undefined) throw nothingPromised(instance, known);
      return { instance, at: now(), objectives: judged, notes: [...known.notes, ...setsLeftOut(sets), ...unread] };
    },

    /** What is proven of a month. `not-found` for an unknown instance, `invalid-input` for a month in the future. */
    async composeReport(step: { of: Identity; month?: Month | undefined }): Promise<MonthReport> {
      const { of, month = monthBefore(now()) } = step;
      const { instance } = of;
      const { from, to } = boundsOf(month);
      if (from > now()) throw new DrydockError('invalid-input', `report on ${month}: it has not begun`);
      const keys = await journalKeys(objects, of);
      const { sets, unread } = await judgedSets(objects, of);
      const known = await whatIsKnown(of, sets);
      if (keys.length === 0 && sets.length === 0 && !known.serves) throw nothingKnown(instance);
      const read = await entriesOf(keys, from, to);
      const { host, tier, blueprint: ref } = known;
      const blueprint = await blueprintOf(ref);
      return monthReport({
        instance,
        month,
        now: now(),
        about: {
          host,
          tier,
          blueprint: ref,
        },
        promisedPercent: tier === undefined ? undefined : blueprint?.availability[tier],
        entries: read.entries,
        sets,
        nights: known.nights,
        knownSince: keys[0]?.startedAt,
        readOnlyBefore: await readOnlyBefore(keys, from),
        objectives: await objectivesOf(of, known, blueprint, sets),
        unread: [...known.notes, ...unread, ...read.unread],
      });
    },
  };

  function now(): Instant {
    return new Date(clock()).toISOString();
  }

  /** Asks the instance itself; if Temporal has forgotten it, reads the journal and the newest set. */
  async function whatIsKnown(of: Identity, [newest]: readonly JudgedSet[]): Promise<Known> {
    const state = await askState(client(), of.instance);
    if (state !== undefined && state.facts.id === of.id) {
      const { host, tier, blueprint, status } = state.facts;
      return { host, tier, blueprint, serves: status === 'serving', nights: Object.values(state.nights), notes: [] };
    }
    const provisioned = await lastDone(of, 'provision');
    const removed = await lastDone(of, 'decommission');
    const plan = Provisioned.safeParse(provisioned?.plan);
    return {
      host: plan.data?.host,
      tier: tierSince(provisioned, await lastDone(of, 'changeTier')) ?? plan.data?.tier,
      blueprint: newest?.blueprint ?? plan.data?.blueprint.ref,
      serves: provisioned !== undefined && (removed === undefined || removed.startedAt < provisioned.startedAt),
      nights: [],
      notes: ['Temporal does not know this instance: its facts come from its journal and its newest set'],
    };
  }

  async function objectivesOf(
    of: Identity,
    { serves, tier }: Known,
    blueprint: Blueprint | undefined,
    sets: readonly JudgedSet[],
  ): Promise<Objective[] | undefined> {
    if (!serves || tier === undefined || blueprint === undefined) return undefined;
    const drills = sets.filter(counts).flatMap((set) => set.drills);
    const restores: JournalEntry[] = [];
    for await (const entry of doneEntries(objects, of, 'restore')) {
      if (restores.push(entry) === recoveriesThatCount) break;
    }
    const recoveries = [
      ...drills.flatMap((drill) => recoveryOfDrill(drill) ?? []),
      ...restores.flatMap((restore) => recoveryOfRestore(restore) ?? []),
    ];
    const failedDrills = sets.flatMap((set) => set.drills.flatMap((drill) => failureOfDrill(drill) ?? []));
    const observed = { instance: of.instance, now: now(), tier, blueprint, sets };
    return judgeObjectives({
      ...observed,
      recoveries: newestFirst(recoveries),
      failedDrills: newestFirst(failedDrills),
    });
  }

  /** Undefined if the blueprint was never pushed to this bucket, as in a bucket that was restored in part. */
  async function blueprintOf(ref: string | undefined): Promise<Blueprint | undefined> {
    if (ref === undefined) return undefined;
    try {
      return (await fetchBlueprint(objects, ref)).blueprint;
    } catch (error) {
      if (error instanceof DrydockError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  async function lastDone(of: Identity, procedure: string): Promise<JournalEntry | undefined> {
    for await (const entry of doneEntries(objects, of, procedure)) return entry;
    return undefined;
  }

  /** Runs that ended in a span of time, oldest first. */
  async function entriesOf(
    keys: readonly JournalKey[],
    from: Instant,
    to: Instant,
  ): Promise<{ entries: JournalEntry[]; unread: string[] }> {
    const possible = keys.filter(({ procedure, startedAt }) => {
      const days = procedure === 'upgrade' ? longestRunDays.upgrade : longestRunDays.other;
      return startedAt < to && Date.parse(startedAt) >= Date.parse(from) - days * dayMs;
    });
    const read = await inBatches(
      possible,
      async ({ key }) => (await readEntry(objects, key)) ?? key,
      (progress) => reportProgress({ ...progress, what: 'journal entries' }),
    );
    return {
      entries: read.filter((one) => typeof one !== 'string').filter(({ endedAt }) => from <= endedAt && endedAt < to),
      unread: read
        .filter((one) => typeof one === 'string')
        .map((key) => `${key} cannot be read as an entry of the journal`),
    };
  }

  /** The last time an operator switched read-only on or off before a moment. */
  async function readOnlyBefore(keys: readonly JournalKey[], from: Instant): Promise<JournalEntry | undefined> {
    const last = keys.findLast(({ procedure, outcome, startedAt }) => {
      return procedure === 'readOnly' && outcome === 'done' && startedAt < from;
    });
    return last === undefined ? undefined : readEntry(objects, last.key);
  }
}

/** Undefined if the tier was not changed since provisioning: older changes concern an older instance of that name. */
function tierSince(provisioned: JournalEntry | undefined, changed: JournalEntry | undefined): Tier | undefined {
  if (provisioned !== undefined && changed !== undefined && changed.startedAt < provisioned.startedAt) return undefined;
  return Changed.safeParse(changed?.request).data?.tier;
}

function newestFirst<Happened extends { at: Instant }>(all: readonly Happened[]): Happened[] {
  return all.toSorted((one, other) => (one.at < other.at ? 1 : -1));
}

function nothingPromised(instance: string, { serves, blueprint }: Known): DrydockError {
  const tried = `compute the objectives of ${instance}`;
  if (!serves) {
    const next = 'drydock status lists the instances that serve';
    return new DrydockError('not-found', `${tried}: no such instance serves`, { next });
  }
  const next = 'check that this is the right bucket; drydock blueprint push brings a blueprint back';
  return new DrydockError('not-found', `${tried}: tier or blueprint (${blueprint ?? 'none'}) is not known`, { next });
}

function nothingKnown(instance: string): DrydockError {
  return new DrydockError('not-found', `report on ${instance}: no instance of this name is known`, {
    next: 'drydock status lists the instances that serve; for any other, check that this is the bucket with its journal and its sets',
  });
}

/** A set of the catalogue, what is proven of it, and the drills of it, oldest first. */
interface JudgedSet extends SetSummary {
  readonly drills: readonly Extract<EvidenceRecord, { kind: 'drilled' }>[];
}

/** Every set of an instance, newest first, and why some sets cannot be read. */
async function judgedSets(objects: ObjectStore, of: Identity): Promise<{ sets: JudgedSet[]; unread: string[] }> {
  const report: ReportBatches = (progress) => reportProgress({ ...progress, what: 'sets' });
  const { sets, unread } = await knownSets(objects, of, { report });
  const judged = sets.map((set): JudgedSet => {
    return { ...summaryOf(set), drills: set.chain.records.filter((record) => record.kind === 'drilled') };
  });
  return { sets: judged, unread: unread.map(({ message }) => message) };
}
