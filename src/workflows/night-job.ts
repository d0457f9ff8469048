import { type NightJob, type NightOutcome, nightJobContract } from '../contracts/night.ts';
import { DrydockError } from '../errors.ts';
import { explain, isCancellation } from '../failures.ts';
import {
  beginBy,
  endingOfError,
  endingOfReport,
  eventOf,
  type NightEnding,
  reasonNotToBegin,
} from '../model/nights/night-job.ts';
import { readableDuration } from '../model/words/duration.ts';
import type { HostTurnClaim } from './claims/host-turn.ts';
import { tell } from './parts/notices.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';

/** How long a job that has the host waits for its instance, in minutes. */
const patienceMinutes = 60;

type Sight = Awaited<ReturnType<Run['control']['observeNight']>>;

/**
 * One job of a night, started by a schedule.
 * Before:  nothing; a job that cannot begin is reported as missed or held.
 * After:   its procedure did its work, all or a part, and the instance knows how the job ended.
 * Failure: the procedure undid its work; the instance knows, and the notice says what failed, why and what next.
 */
export const nightJob = procedure({
  ...nightJobContract,
  steps: async (job, run) => {
    const turn = run.hostTurn(); // hears grants from the first moment on
    const dueAt = dueTime(job, run);
    const { ending, seen } = await attempt(job, dueAt, turn, run);
    const outcome = await keep(ending, job, dueAt, seen, run);
    if (ending.outcome === 'failed' || ending.outcome === 'missed') throw failure(ending, job);
    return { instance: job.instance, outcome };
  },
});

/** Never fails: returns how the job ended, and what was known of the instance when it began. */
async function attempt(
  job: NightJob,
  dueAt: Date,
  turn: HostTurnClaim,
  run: Run,
): Promise<{ ending: NightEnding; seen?: Sight }> {
  const look = () => run.control.observeNight({ job, dueAt: dueAt.toISOString() });
  let seen: Sight | undefined;
  try {
    seen = await look();
    const before = reasonNotToBegin(job, dueAt, seen, run.now());
    if (before !== undefined) return { ending: before, seen };
    if (job.turn === 'host') await turn.take(seen.host, minutesLeft(job, dueAt, run));
    run.goesOn();
    const reason = reasonNotToBegin(job, dueAt, await look(), run.now()); // the wait may have been long
    return { ending: reason ?? endingOfReport(job, await runInTime(job, dueAt, run)), seen };
  } catch (error) {
    const { code, message, details } = explain(error);
    const why = isCancellation(error) ? `was cancelled: ${message}` : message;
    return { ending: endingOfError(job, code, why, details.next), ...(seen === undefined ? {} : { seen }) };
  } finally {
    // A failure here is harmless: the host notices that the run is closed.
    await turn
      .giveBack()
      .catch((error) => run.log.warn('a turn was not given back', { problem: explain(error).message }));
  }
}

/** Runs the procedure as a child; a child that takes too long is cancelled, and undoes what it began. */
function runInTime(job: NightJob, dueAt: Date, run: Run): Promise<unknown> {
  const { instance, procedure: type, endWithinMinutes } = job;
  const limitMs = endWithinMinutes * 60_000;
  const tooLong = (problem: string) =>
    new DrydockError(
      'unavailable',
      `${type} of ${instance} did not end within ${readableDuration(limitMs)} and was cancelled: ${problem}`,
    );
  const time = dueAt.toISOString().replace(/[-:]|\.\d+/g, '');
  const call = {
    workflowId: `${type}-${instance}-${time}-${run.uuid().slice(0, 4)}`,
    args: [{ ...job.request, instance, ...timesOf(job, dueAt, run) }],
    summary: `${job.job} of ${instance}, due ${dueAt.toISOString()}`,
  };
  const limit = { limitMs, summary: `${job.job} may run for ${endWithinMinutes} min`, tooLong };
  return run.within(limit, () => run.child(`${type} of ${instance}`, type, call));
}

/**
 * Time limits for the procedure: how long it may wait for the instance, and when it stops politely. A heavy job keeps
 * the host from other jobs while it waits.
 */
function timesOf(job: NightJob, dueAt: Date, run: Run): object {
  const left = minutesLeft(job, dueAt, run);
  const untilAt = job.procedure === 'cleanup' ? { untilAt: beginBy(job, dueAt).toISOString() } : {};
  return { waitMinutes: job.turn === 'host' ? Math.min(left, patienceMinutes) : left, ...untilAt };
}

function minutesLeft(job: NightJob, dueAt: Date, run: Run): number {
  return Math.max(1, Math.ceil((beginBy(job, dueAt).getTime() - run.now().getTime()) / 60_000));
}

/** Records the outcome at the instance and sends a notice, whatever happens to this run meanwhile. */
async function keep(
  ending: NightEnding,
  job: NightJob,
  dueAt: Date,
  seen: Sight | undefined,
  run: Run,
): Promise<NightOutcome> {
  const { instance } = job;
  const { workflowId } = run.id;
  const outcome: NightOutcome = { job: job.job, ...ending, dueAt: dueAt.toISOString(), at: run.instant(), workflowId };
  await run.shielded(async () => {
    try {
      await run.control.recordNight({ instance, outcome });
    } finally {
      const event = eventOf(ending, seen ?? {}, job);
      if (event !== undefined) {
        await tell(run, { event, instance, text: sentence(job, ending), details: { ...outcome } });
      }
      await tellLeftOut(job, seen?.leftOut ?? [], run);
    }
  });
  return outcome;
}

/** Reports missed times: after an outage only the last of several times is made up for. */
async function tellLeftOut({ instance, job }: NightJob, leftOut: readonly string[], run: Run): Promise<void> {
  if (leftOut.length === 0) return;
  const text = `${job} of ${instance} did not run ${leftOut.length} times before this one, first at ${leftOut[0]}`;
  const details = {
    job,
    outcome: 'missed',
    why: text,
    next: 'it runs again; look for an outage at that time',
    leftOut: leftOut.slice(0, 50),
  };
  await tell(run, { event: 'night-job-missed', instance, text, details });
}

function sentence({ job, instance }: NightJob, { outcome, why }: NightEnding): string {
  return `${job} of ${instance} ${outcome === 'done' ? 'is done again' : `is ${outcome}`}${why === undefined ? '' : `: ${why}`}`;
}

function failure({ outcome, why, next }: NightEnding, job: NightJob): DrydockError {
  const code = outcome === 'missed' ? 'lease-timeout' : 'tool-failed';
  return new DrydockError(
    code,
    sentence(job, { outcome, ...(why === undefined ? {} : { why }) }),
    next === undefined ? {} : { next },
  );
}

/** The scheduled time of this run; now, if it was started by hand. */
function dueTime({ dueAt }: NightJob, { id }: Run): Date {
  return dueAt === undefined ? (id.scheduledAt ?? id.startedAt) : new Date(dueAt);
}
