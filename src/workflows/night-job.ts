import { nightJobContract } from '../contracts/night.ts';
import { dueTime, hasFailed } from '../model/nights/night-job.ts';
import { failureOf } from '../model/nights/night-words.ts';
import { inTurn, keep, look, work } from './parts/night.ts';
import { procedure } from './running/procedure.ts';

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
    const night = { job, dueAt: dueTime(job, run.id), turn, run };
    const first = await look(night);
    const ending =
      first.ending === undefined
        ? await inTurn(night, first.seen.host, async () => (await look(night)).ending ?? work(night)) // the wait may have been long
        : first.ending;
    const outcome = await keep(ending, first.seen, night);
    if (hasFailed(ending)) throw failureOf(job, ending);
    return { instance: job.instance, outcome };
  },
});
