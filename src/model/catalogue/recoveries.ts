import { z } from 'zod';
import type { EvidenceRecord, StepTime } from '../../contracts/evidence.ts';
import type { Instant } from '../../contracts/ids.ts';
import type { JournalEntry } from '../../contracts/journal.ts';
import type { StepEvent } from '../../contracts/progress.ts';
import { storedBytes } from '../sets/stored-bytes.ts';

/** A successful recovery and its duration, in milliseconds from the first fetched byte. */
export interface Recovery {
  readonly kind: 'drill' | 'restore';
  readonly at: Instant;
  readonly set: string;
  /** Stored bytes of the set. */
  readonly sizeBytes: number;
  /** Until the release answered (drill), or until the edge passed reads again (restore, its safety set included). */
  readonly wholeMs: number;
  /** Until a store held the set's contents. Stores are restored in order, so the earlier ones count too. */
  readonly storeMs: Readonly<Record<string, number>>;
  readonly longest?: StepTime | undefined;
}

/** A drill that failed to bring its set up. */
export interface FailedDrill {
  readonly at: Instant;
  readonly set: string;
  readonly code: string;
  readonly problem: string;
}

type DrillRecord = Extract<EvidenceRecord, { kind: 'drilled' }>;

/** A step with its events. */
interface Eventful extends StepTime {
  readonly events?: readonly StepEvent[] | undefined;
}

/** A step's place in a recovery: it ended `untilMs` after the recovery began. */
interface TimedStep extends Eventful {
  readonly untilMs: number;
}

const RestoredSet = z.looseObject({
  set: z.string(),
  artifacts: z.array(z.looseObject({ stored: z.looseObject({ sizeBytes: z.number() }) })),
});

/** Undefined when the drill failed or recorded no duration. */
export function recoveryOfDrill({ at, set, sizeBytes, finding, recoveryMs, steps }: DrillRecord): Recovery | undefined {
  if (finding.outcome !== 'passed' || recoveryMs === undefined) return undefined;
  let untilMs = 0;
  const timed = fromFirstFetch(steps).map((step) => {
    untilMs += step.ms;
    return { ...step, untilMs };
  });
  return { kind: 'drill', at, set, sizeBytes, wholeMs: recoveryMs, ...partsOf(timed) };
}

/** Undefined unless the entry is a successful restore that recorded enough. */
export function recoveryOfRestore({ procedure, outcome, endedAt, plan, steps }: JournalEntry): Recovery | undefined {
  const restored = RestoredSet.safeParse(plan);
  if (procedure !== 'restore' || outcome !== 'done' || !restored.success) return undefined;
  const begun = fromFirstFetch(steps);
  const began = Date.parse(begun[0]?.startedAt ?? '');
  const timed = begun.flatMap(({ name, startedAt, endedAt: end, events }): TimedStep[] => {
    if (end === undefined) return [];
    return [{ name, ms: Date.parse(end) - Date.parse(startedAt), untilMs: Date.parse(end) - began, events }];
  });
  const wholeMs = timed.find((step) => has(step, 'reads-admitted'))?.untilMs;
  if (wholeMs === undefined) return undefined;
  const sizeBytes = storedBytes(restored.data.artifacts);
  return { kind: 'restore', at: endedAt, set: restored.data.set, sizeBytes, wholeMs, ...partsOf(timed) };
}

/** Undefined when the drill passed. */
export function failureOfDrill({ at, set, finding }: DrillRecord): FailedDrill | undefined {
  if (finding.outcome === 'passed') return undefined;
  return { at, set, code: finding.code, problem: finding.problem };
}

/**
 * How long the recovery would take now, in milliseconds. More data takes longer in proportion; less data does not take
 * less, since starting containers takes the same time.
 */
export function scaled(ms: number, sizeBytes: number, sizeNowBytes: number): number {
  return Math.round(ms * Math.max(1, sizeNowBytes / Math.max(1, sizeBytes)));
}

function fromFirstFetch<Step extends Pick<Eventful, 'events'>>(steps: readonly Step[]): Step[] {
  const first = steps.findIndex((step) => has(step, 'artifacts-fetched'));
  return first === -1 ? [] : steps.slice(first);
}

function has({ events = [] }: Pick<Eventful, 'events'>, wanted: StepEvent['kind']): boolean {
  return events.some(({ kind }) => kind === wanted);
}

function partsOf(timed: readonly TimedStep[]): Pick<Recovery, 'storeMs' | 'longest'> {
  const compared = timed.flatMap(({ untilMs, events = [] }) =>
    events.flatMap((event): [string, number][] => (event.kind === 'store-compared' ? [[event.store, untilMs]] : [])),
  );
  const [longest] = timed.toSorted((one, other) => other.ms - one.ms);
  return {
    storeMs: Object.fromEntries(compared),
    longest: longest && { name: longest.name, ms: longest.ms },
  };
}
