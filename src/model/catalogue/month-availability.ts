import type { Instant } from '../../contracts/ids.ts';
import type { JournalEntry } from '../../contracts/journal.ts';
import type { Availability, Closure } from '../../contracts/report.ts';
import { present } from '../../given.ts';
import { readableDuration } from '../words/duration.ts';
import { capturePauseMs, closuresOf, madeAsNew, readOnlyTimes } from './edge-times.ts';
import { closeShare } from './objectives.ts';

/** What availability is computed from. `from` and `to` bound the part of the month that has passed. */
interface AvailabilityEvidence {
  readonly instance: string;
  readonly from: Instant;
  readonly to: Instant;
  /** Oldest first. */
  readonly entries: readonly JournalEntry[];
  readonly promisedPercent?: number | undefined;
  /** When the instance's journal begins; absent without a journal. */
  readonly knownSince?: Instant | undefined;
  readonly readOnlyBefore?: JournalEntry | undefined;
}

/**
 * How long procedures closed the edge, against the promise. Nothing here measures the edge from outside, so outages
 * without a procedure are missing and the state is never green.
 */
export function availabilityOf(evidence: AvailabilityEvidence): Availability {
  const { entries, promisedPercent } = evidence;
  const period = periodOf(evidence);
  const periodMs = Math.max(0, Date.parse(period.to) - Date.parse(period.from));
  const closures = entries.flatMap(closuresOf);
  const closedMs = closures.reduce((sum, { ms }) => sum + ms, 0);
  const recorded = entries.length > 0;
  const openAtMost = rounded(100 * Math.max(0, 1 - closedMs / Math.max(1, periodMs)));
  return {
    periodMs,
    promisedPercent,
    closures,
    closedMs,
    ...(recorded && periodMs > 0 ? { openAtMostPercent: openAtMost } : {}),
    ...stateOf({ recorded, periodMs, closedMs, promisedPercent }),
    readOnly: readOnlyTimes(entries, period, evidence.readOnlyBefore),
    capturePauseMs: entries.reduce((sum, entry) => sum + capturePauseMs(entry), 0),
    notMeasured: notMeasured(evidence, closures),
  };
}

/** An instance made or removed during the month has no promise for the rest of it. */
function periodOf({ from, to, entries, knownSince }: AvailabilityEvidence): { from: Instant; to: Instant } {
  const done = entries.filter(({ outcome }) => outcome === 'done');
  const made = done.find((entry) => entry.procedure === 'provision' || madeAsNew(entry))?.endedAt;
  const gone = done.findLast(({ procedure }) => procedure === 'decommission')?.startedAt;
  const begun = [from, made ?? knownSince ?? to].sort().at(-1) ?? from;
  const removed = gone !== undefined && (made === undefined || gone > made);
  return { from: begun, to: removed ? gone : to };
}

function stateOf(seen: {
  recorded: boolean;
  periodMs: number;
  closedMs: number;
  promisedPercent: number | undefined;
}): Pick<Availability, 'state' | 'reason'> {
  const { recorded, periodMs, closedMs, promisedPercent } = seen;
  if (periodMs === 0) return { state: 'unknown', reason: 'nothing says that the instance was there in this month' };
  if (!recorded) {
    const reason = 'the journal has no entry of this month, so not even the closures by procedures are known';
    return { state: 'unknown', reason };
  }
  const closed = `procedures closed the edge for ${exactly(closedMs)}`;
  if (promisedPercent === undefined) {
    return { state: 'unknown', reason: `${closed}; the promise for this instance is not known` };
  }
  const allowedMs = (periodMs * (100 - promisedPercent)) / 100;
  const promised = `${promisedPercent} % leave ${exactly(allowedMs)}`;
  if (closedMs > allowedMs) return { state: 'red', reason: `${closed}; ${promised}: the promise was broken` };
  if (closedMs > closeShare * allowedMs) {
    const reason = `${closed}; ${promised}: nearly all of it, so a short outage that nobody announced would break the promise`;
    return { state: 'amber', reason };
  }
  return {
    state: 'unknown',
    reason: `${closed}; ${promised}: procedures alone did not break the promise. Outages that nobody announced are not recorded here`,
  };
}

/** What the numbers leave out, and who knows it. */
function notMeasured({ instance, entries }: AvailabilityEvidence, closures: readonly Closure[]): string[] {
  const died = entries.filter(({ procedure }) => procedure === 'settle').length;
  const open = closures.filter(({ end }) => end === 'unknown');
  return present(
    'outages that no procedure announced, such as a container or a host that failed. Prometheus knows them, for as long as it ' +
      `keeps its data: up{job="osmose-app", drydock_instance="${instance}"} where the application exports metrics, the alert ` +
      `ServiceDown, and drydock_edge_mode{drydock_instance="${instance}", mode="maintenance"} for the edge itself`,
    'requests that failed while the edge was open',
    died !== 0 && `closures by ${died} run(s) that died without an entry in the journal; settle ended them`,
    ...open.map(
      ({ procedure, workflowId }) => `how long the edge stayed closed after ${procedure} (${workflowId}) ended`,
    ),
  );
}

/** Seconds matter here: a month of 99.95 % has 21 minutes to lose. */
function exactly(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const rest = seconds % 60;
  if (seconds < 60 || rest === 0) return readableDuration(seconds * 1000);
  return `${readableDuration((seconds - rest) * 1000)} ${rest} s`;
}

function rounded(percent: number): number {
  return Math.floor(percent * 1000) / 1000;
}
