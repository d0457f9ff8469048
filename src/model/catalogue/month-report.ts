import { z } from 'zod';
import type { InstanceName, Instant } from '../../contracts/ids.ts';
import type { JournalEntry } from '../../contracts/journal.ts';
import type { SetSummary } from '../../contracts/manifest.ts';
import type { NightOutcome } from '../../contracts/night.ts';
import type { Objective } from '../../contracts/objectives.ts';
import type { MadeCaptures, MadeSet, Month, MonthReport } from '../../contracts/report.ts';
import { present } from '../../given.ts';
import { isWhole } from '../sets/whole-sets.ts';
import { boundsOf } from './month.ts';
import { availabilityOf } from './month-availability.ts';
import { drillsOf, failuresOf, nightsOf, restoresOf, upgradesOf, verificationsOf } from './month-runs.ts';

/** Everything that a report is made from. */
export interface MonthEvidence {
  readonly instance: InstanceName;
  readonly month: Month;
  readonly now: Instant;
  /** The instance today, as far as it is known. */
  readonly about: Pick<MonthReport, 'host' | 'tier' | 'blueprint'>;
  readonly promisedPercent?: number | undefined;
  /** Runs that ended in the month, oldest first. */
  readonly entries: readonly JournalEntry[];
  /** Sets in the catalogue, whatever their age. */
  readonly sets: readonly Omit<SetSummary, 'instance' | 'encrypted'>[];
  /** The last outcome of each night job, as the instance remembers it. */
  readonly nights: readonly NightOutcome[];
  readonly knownSince?: Instant | undefined;
  readonly readOnlyBefore?: JournalEntry | undefined;
  readonly objectives?: readonly Objective[] | undefined;
  /** Sources that could not be read. */
  readonly unread: readonly string[];
}

const BackedUp = z.looseObject({ set: z.string(), sizeBytes: z.int() });
const Captured = z.looseObject({
  set: z.string(),
  withoutStores: z.array(z.string()),
  stores: z.array(z.looseObject({ store: z.string() })),
});
const PlannedSet = z.looseObject({
  createdAt: z.string(),
  reason: z.string(),
  blueprint: z.looseObject({ ref: z.string() }),
});

/** Everything that is proven about one month. What nobody recorded is listed as missing. */
export function monthReport(evidence: MonthEvidence): MonthReport {
  const { instance, month, now, about, entries, objectives } = evidence;
  const { from, to: end } = boundsOf(month);
  const over = end <= now;
  const to = over ? end : now;
  const within = (instant: Instant) => from <= instant && instant < end;
  const nights = evidence.nights.filter(({ dueAt }) => within(dueAt));
  const report = {
    format: 'drydock-report/1' as const,
    instance,
    month,
    from,
    to,
    over,
    madeAt: now,
    ...about,
    sets: setsOf(evidence, within),
    captures: capturesOf(evidence, within),
    verifications: verificationsOf(entries),
    drills: drillsOf(entries),
    restores: restoresOf(entries),
    upgrades: upgradesOf(entries),
    nights: nightsOf(entries, nights),
    failures: failuresOf(entries),
    availability: availabilityOf({ ...evidence, from, to }),
    objectives: objectives && [...objectives],
    journalEntries: entries.length,
  };
  return { ...report, gaps: gapsOf(report, evidence) };
}

/** Sets in the catalogue, and sets that retention removed: of these only the backup's result is left. */
function setsOf({ entries, sets }: MonthEvidence, within: (instant: Instant) => boolean): MadeSet[] {
  const present = sets.filter((set) => isWhole(set) && within(set.createdAt)).map(presentSet);
  const known = new Set(sets.map(({ set }): string => set));
  const removed = entries.flatMap(({ procedure, outcome, startedAt, plan, result }): MadeSet[] => {
    const made = BackedUp.safeParse(result);
    if (procedure !== 'backup' || outcome !== 'done' || !made.success || known.has(made.data.set)) return [];
    if (Captured.safeParse(result).success) return [];
    const planned = PlannedSet.safeParse(plan);
    const { reason, blueprint } = planned.success ? planned.data : {};
    return [
      {
        set: made.data.set,
        createdAt: planned.success ? planned.data.createdAt : startedAt,
        reason,
        blueprint: blueprint?.ref,
        sizeBytes: made.data.sizeBytes,
        level: 'removed',
        evidenceProblems: [],
      },
    ];
  });
  return [...present, ...removed].sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
}

/** The number of captures of each store, including those that retention removed. */
function capturesOf({ entries, sets }: MonthEvidence, within: (instant: Instant) => boolean): MadeCaptures[] {
  const made = new Map<string, readonly string[]>();
  for (const set of sets) if (!isWhole(set) && within(set.createdAt)) made.set(set.set, set.stores);
  for (const { procedure, outcome, result } of entries) {
    const capture = procedure === 'backup' && outcome === 'done' ? Captured.safeParse(result) : undefined;
    if (capture?.success) {
      made.set(
        capture.data.set,
        capture.data.stores.map(({ store }) => store),
      );
    }
  }
  const all = [...made.values()].flat();
  return [...new Set(all)].sort().map((store) => ({ store, made: all.filter((one) => one === store).length }));
}

function presentSet(summary: MonthEvidence['sets'][number]): MadeSet {
  const { set, createdAt, reason, blueprint, sizeBytes, level, verifiedAt, drilledAt, evidenceProblems } = summary;
  return {
    set,
    createdAt,
    reason,
    blueprint,
    sizeBytes,
    level,
    verifiedAt,
    drilledAt,
    evidenceProblems,
  };
}

function gapsOf(report: Omit<MonthReport, 'gaps'>, { unread, knownSince }: MonthEvidence): string[] {
  const { sets, verifications, drills, upgrades, nights, journalEntries, to, over, tier } = report;
  const late = knownSince === undefined || knownSince >= to;
  const read = verifications.some(({ outcome, set }) => outcome === 'done' && set !== undefined);
  const drilled = drills.some(({ outcome }) => outcome === 'done');
  const unapproved = upgrades.filter(({ outcome, procedure, decisions }) => {
    return procedure === 'upgrade' && outcome === 'done' && !decisions.some(({ decision }) => decision === 'approved');
  });
  return present(
    !over && 'the month is not over: this is what is known until now',
    late && 'the journal of this instance begins after this month',
    !late &&
      journalEntries === 0 &&
      'the journal has no entry of this month: no procedure ran, or none wrote its entry',
    sets.length === 0 && 'no recovery set was made',
    !read && 'no set was verified: nothing of this month proves that the bucket held what was written',
    !drilled && 'no drill succeeded: nothing of this month proves that a set restores, or how long that takes',
    ...unapproved.map(({ workflowId }) => `no approval of ${workflowId} is recorded`),
    nights.jobs.length === 0 && 'no night job is recorded',
    tier === undefined && 'tier and promises are not known: neither Temporal nor the journal knows them',
    'only the last time that a night job never began is remembered; the webhook was told each time',
    ...unread,
  );
}
