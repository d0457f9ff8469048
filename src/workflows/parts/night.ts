import type { HostName } from '../../contracts/ids.ts';
import type { NightJob, NightOutcome } from '../../contracts/night.ts';
import { explain, isCancellation } from '../../failures.ts';
import {
  endingOfError,
  endingOfReport,
  eventOf,
  limitsOf,
  minutesLeft,
  type NightEnding,
  reasonNotToBegin,
} from '../../model/nights/night-job.ts';
import { leftOutNotice, sentence, tooLong } from '../../model/nights/night-words.ts';
import type { HostTurnClaim } from '../claims/host-turn.ts';
import type { Run } from '../running/run.ts';
import { tell } from './notices.ts';

/** A job at its time. */
interface Night {
  readonly job: NightJob;
  readonly dueAt: Date;
  readonly turn: HostTurnClaim;
  readonly run: Run;
}

type Sight = Awaited<ReturnType<Run['control']['observeNight']>>;

/** Looks at the instance. Never fails: says how the job ended if it may not begin, or if nothing could be seen. */
export async function look({
  job,
  dueAt,
  run,
}: Night): Promise<{ seen: Sight; ending?: undefined } | { seen?: Sight; ending: NightEnding }> {
  try {
    const seen = await run.control.observeNight({ job, dueAt: dueAt.toISOString() });
    const ending = reasonNotToBegin(job, dueAt, seen, run.now());
    return ending === undefined ? { seen } : { seen, ending };
  } catch (error) {
    return { ending: endingOf(error, job) };
  }
}

/** Does what follows in its turn on the host, if the job is heavy. Never fails: says how the job ended. */
export async function inTurn(
  { job, dueAt, turn, run }: Night,
  host: HostName,
  act: () => Promise<NightEnding>,
): Promise<NightEnding> {
  try {
    if (job.turn === 'host') await turn.take(host, minutesLeft(job, dueAt, run.now()));
    run.goesOn();
    return await act();
  } catch (error) {
    return endingOf(error, job);
  } finally {
    // A failure here is harmless: the host notices that the run is closed.
    await turn
      .giveBack()
      .catch((error) => run.log.warn('a turn was not given back', { problem: explain(error).message }));
  }
}

/** Runs the procedure as a child; a child that takes too long is cancelled, and undoes what it began. */
export async function work({ job, dueAt, run }: Night): Promise<NightEnding> {
  const { instance, procedure: type, endWithinMinutes } = job;
  const time = dueAt.toISOString().replace(/[-:]|\.\d+/g, '');
  const call = {
    workflowId: `${type}-${instance}-${time}-${run.uuid().slice(0, 4)}`,
    args: [{ ...job.request, instance, ...limitsOf(job, dueAt, run.now()) }],
    summary: `${job.job} of ${instance}, due ${dueAt.toISOString()}`,
  };
  const limit = {
    limitMs: endWithinMinutes * 60_000,
    summary: `${job.job} may run for ${endWithinMinutes} min`,
    tooLong: (problem: string) => tooLong(job, problem),
  };
  return endingOfReport(job, await run.within(limit, () => run.child(`${type} of ${instance}`, type, call)));
}

/** Records the outcome at the instance and sends notices, whatever happens to this run meanwhile. */
export async function keep(
  ending: NightEnding,
  seen: Sight | undefined,
  { job, dueAt, run }: Night,
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
      const leftOut = leftOutNotice(job, seen?.leftOut ?? []);
      if (leftOut !== undefined) await tell(run, leftOut);
    }
  });
  return outcome;
}

function endingOf(error: unknown, job: NightJob): NightEnding {
  const { code, message, details } = explain(error);
  return endingOfError(job, code, isCancellation(error) ? `was cancelled: ${message}` : message, details.next);
}
