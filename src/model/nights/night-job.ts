import type { Hold, NightJob, NightOutcome } from '../../contracts/night.ts';
import type { ErrorCode } from '../../errors.ts';
import { given } from '../../given.ts';
import { readableDuration } from '../words/duration.ts';

const minuteMs = 60_000;

/** How a job ended, without the fields that every job has. */
export type NightEnding = Pick<NightOutcome, 'outcome' | 'why' | 'next'>;

/** The state of an instance before its job begins. */
interface NightSight {
  readonly status: string;
  readonly hold?: Hold | undefined;
}

/** The last moment at which a job may begin. */
export function beginBy(job: Pick<NightJob, 'beginWithinMinutes'>, dueAt: Date): Date {
  return new Date(dueAt.getTime() + job.beginWithinMinutes * minuteMs);
}

/** How long a job that has the host waits for its instance: a heavy job keeps the host from other jobs meanwhile. */
const patienceMinutes = 60;

/** The scheduled time of a job; now, if it was started by hand. */
export function dueTime({ dueAt }: NightJob, run: { scheduledAt?: Date | undefined; startedAt: Date }): Date {
  return dueAt === undefined ? (run.scheduledAt ?? run.startedAt) : new Date(dueAt);
}

/** How long the job may still wait. */
export function minutesLeft(job: NightJob, dueAt: Date, now: Date): number {
  return Math.max(1, Math.ceil((beginBy(job, dueAt).getTime() - now.getTime()) / minuteMs));
}

/** Time limits for the procedure: how long it may wait for the instance, and when it stops politely. */
export function limitsOf(job: NightJob, dueAt: Date, now: Date): { waitMinutes: number; untilAt?: string } {
  const left = minutesLeft(job, dueAt, now);
  const untilAt = job.procedure === 'cleanup' ? { untilAt: beginBy(job, dueAt).toISOString() } : {};
  return { waitMinutes: job.turn === 'host' ? Math.min(left, patienceMinutes) : left, ...untilAt };
}

export function isHeld(hold: Hold | undefined, job: string, now: Date): hold is Hold {
  if (hold === undefined || Date.parse(hold.until) <= now.getTime()) return false;
  return hold.jobs === undefined || hold.jobs.includes(job);
}

/** Why a job does not begin now; undefined when it may begin. */
export function reasonNotToBegin(job: NightJob, dueAt: Date, sight: NightSight, now: Date): NightEnding | undefined {
  const { instance } = job;
  const { hold, status } = sight;
  if (status !== 'serving') {
    return {
      outcome: 'missed',
      why: `instance ${instance} is ${status}`,
      next: `if it is gone for good: drydock schedule apply`,
    };
  }
  if (isHeld(hold, job.job, now)) {
    return {
      outcome: 'held',
      why: `held until ${hold.until}: ${hold.reason}`,
      next: `to end the hold: drydock hold ${instance} --release`,
    };
  }
  if (now > beginBy(job, dueAt)) return tooLate(job, dueAt, now);
  return undefined;
}

function tooLate(job: NightJob, dueAt: Date, now: Date): NightEnding {
  const late = readableDuration(now.getTime() - dueAt.getTime());
  const within = readableDuration(job.beginWithinMinutes * minuteMs);
  return {
    outcome: 'missed',
    why: `could only begin ${late} after its time, and may begin within ${within}`,
    next: startByHand(job),
  };
}

/** The ending of a job that failed with an error. */
export function endingOfError(job: NightJob, code: ErrorCode, message: string, next: string | undefined): NightEnding {
  const waited = code === 'lease-timeout';
  return { outcome: waited ? 'missed' : 'failed', why: message, next: next ?? startByHand(job) };
}

export function hasFailed({ outcome }: NightEnding): boolean {
  return outcome === 'failed' || outcome === 'missed';
}

/** A procedure that reports itself partial did a part of its work and says so. */
export function endingOfReport(job: NightJob, report: unknown): NightEnding {
  const said: unknown = typeof report === 'object' && report !== null ? Reflect.get(report, 'outcome') : undefined;
  if (said !== 'partial') return { outcome: 'done' };
  const why: unknown = Reflect.get(report as object, 'why');
  return {
    outcome: 'partial',
    why: typeof why === 'string' ? why : `${job.procedure} did a part of its work`,
    next: 'the next night continues; see the report of the run',
  };
}

/**
 * Whether somebody is told. A held job is told once for each hold; a job that works again after a failure is good news
 * that somebody waits for. A job of many runs a day tells the same thing once, until it works again.
 */
export function eventOf(
  ending: NightEnding,
  { last, hold }: { last?: NightOutcome | undefined; hold?: Hold | undefined },
  { when }: Pick<NightJob, 'when'>,
): string | undefined {
  const { outcome } = ending;
  if (outcome === 'done') {
    return last?.outcome === 'failed' || last?.outcome === 'missed' ? 'night-job-recovered' : undefined;
  }
  const again = last?.outcome === outcome;
  const toldBefore = outcome === 'held' ? again && last.at >= (hold?.since ?? '') : again && when?.every === 'interval';
  return toldBefore ? undefined : `night-job-${outcome}`;
}

/** The command with which an operator does the night's job by hand. */
export function startByHand({ instance, procedure, request }: NightJob): string {
  const { what, stores } = request;
  if (procedure === 'cleanup') return `drydock cleanup ${instance} ${String(what)}`;
  if (procedure === 'retention') return `drydock retention apply ${instance}`;
  if (Array.isArray(stores)) {
    return `the next capture makes up for this one; to capture now: drydock backup ${instance} --stores ${stores.join(' ')}`;
  }
  return `drydock ${procedure} ${instance}`;
}

/** An instance's memory of its jobs: the last outcome of each, and its last success. */
export function withOutcome(
  known: Readonly<Record<string, NightOutcome>>,
  outcome: NightOutcome,
): Record<string, NightOutcome> {
  const before = known[outcome.job];
  // A late outcome says nothing new.
  if (before !== undefined && before.dueAt > outcome.dueAt) return { ...known };
  const lastDoneAt = outcome.outcome === 'done' ? outcome.at : before?.lastDoneAt;
  return { ...known, [outcome.job]: { ...outcome, ...given({ lastDoneAt }) } };
}
