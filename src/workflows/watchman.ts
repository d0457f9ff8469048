import { type Overlooked, watchmanContract } from '../contracts/night.ts';
import { tell } from './parts/notices.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';

/**
 * Looks after night jobs that schedules should have started: a job that never ran cannot report itself.
 * After:   every job that did not report is known as missed, and was reported once.
 * Failure: nothing changed; the next round finds the same jobs.
 */
export const watchman = procedure({
  ...watchmanContract,
  steps: async (_, run) => {
    const { overlooked, problems } = await run.control.lookAfterNights({ at: run.instant() });
    for (const one of overlooked) await report(one, run);
    for (const problem of problems) {
      const details = { why: problem, next: 'drydock schedule apply' };
      await tell(run, { event: 'nights-unattended', instance: '', text: problem, details });
    }
    return { overlooked, problems };
  },
});

async function report({ instance, outcome }: Overlooked, run: Run): Promise<void> {
  const { job, dueAt, why } = outcome;
  await run.control.recordNight({ instance, outcome }); // before the notice: a second round must not send it again
  const event = `night-job-${outcome.outcome === 'done' ? 'recovered' : outcome.outcome}`;
  const text = `${job} of ${instance}, due ${dueAt}, ${why ?? 'is as it should be again'}`;
  await tell(run, { event, instance, text, details: { ...outcome } });
}
