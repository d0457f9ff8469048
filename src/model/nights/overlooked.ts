import type { Firing, NightJob, NightOutcome } from '../../contracts/night.ts';
import { firings, lastFiring } from './firings.ts';
import { beginBy } from './night-job.ts';

/** Time for a job to report, counted from its latest permitted beginning. */
const graceMs = 10 * 60_000;

/** The view of one of our schedules and of its job. */
export interface JobSight {
  readonly job: NightJob;
  readonly when: Firing;
  readonly last: NightOutcome | undefined;
  /** Undefined without a schedule. */
  readonly schedule:
    | undefined
    | {
        readonly paused: boolean;
        readonly note?: string | undefined;
        readonly changedAt: Date;
        readonly runs: boolean;
      };
}

/** The time of a job that should have reported by now; undefined when none is due, or when it still may report. */
export function silentSince({ job, when, last }: Pick<JobSight, 'job' | 'when' | 'last'>, now: Date): Date | undefined {
  const reachMs = beginBy(job, now).getTime() - now.getTime() + graceMs;
  const due = lastFiring(when, new Date(now.getTime() - reachMs));
  return last !== undefined && Date.parse(last.dueAt) >= due.getTime() ? undefined : due;
}

/** The outcome of a job that never ran; undefined when its schedule is younger, or when it still runs. */
export function overlooked(sight: JobSight, now: Date): NightOutcome | undefined {
  const { job, when, last, schedule } = sight;
  const due = silentSince(sight, now);
  if (due === undefined || schedule?.runs === true) return undefined;
  // Without a schedule its age is unknown: an earlier outcome proves that the job should have gone on.
  if (schedule === undefined ? last === undefined : due < schedule.changedAt) return undefined;
  // A job of many runs a day is missed once, until it works again.
  if (when.every === 'interval' && last?.outcome === 'missed') return undefined;
  const since = last === undefined ? undefined : new Date(Date.parse(last.dueAt) + 1);
  const times = since === undefined ? 1 : firings(when, since, new Date(due.getTime() + 1)).length;
  return {
    job: job.job,
    outcome: 'missed',
    dueAt: due.toISOString(),
    at: now.toISOString(),
    why: `${whyNot(schedule)}${times > 1 ? `; it is the ${ordinal(times)} time in a row` : ''}`,
    next: nextOf(job, schedule),
  };
}

function whyNot(schedule: JobSight['schedule']): string {
  if (schedule === undefined) return 'did not run: it has no schedule';
  if (!schedule.paused) return 'did not run: Temporal or the control worker was away';
  const note = schedule.note === undefined || schedule.note === '' ? '' : ` (${schedule.note})`;
  return `did not run: its schedule is paused${note}`;
}

function nextOf({ instance, job }: NightJob, schedule: JobSight['schedule']): string {
  if (schedule === undefined) return `drydock schedule apply ${instance}`;
  if (schedule.paused) return `resume the schedule night/${instance}/${job} in the Temporal UI`;
  return `look at the schedule night/${instance}/${job} and at the control worker; drydock schedule list ${instance}`;
}

function ordinal(count: number): string {
  const suffix = { 1: 'st', 2: 'nd', 3: 'rd' }[count % 10];
  return `${count}${suffix === undefined || (count % 100 > 10 && count % 100 < 14) ? 'th' : suffix}`;
}

/**
 * The times between a job's last outcome and the run that is due now: nothing ran then. Times before the schedule's
 * last change are left out, since its earlier form is unknown.
 */
export function leftOutBefore(
  dueAt: Date,
  { when, last, changedAt }: { when: Firing; last: NightOutcome | undefined; changedAt: Date },
): Date[] {
  if (last === undefined) return [];
  const since = Math.max(Date.parse(last.dueAt) + 1, changedAt.getTime());
  return since < dueAt.getTime() ? firings(when, new Date(since), dueAt) : [];
}
