import { setTimeout as pause } from 'node:timers/promises';
import type { InstanceState } from '../contracts/lease.ts';
import type { ObjectivesReport } from '../contracts/objectives.ts';
import type { Operations } from './operations.ts';
import type { RunHandle } from './runs.ts';

/** Objectives for `status`, or why there are none. */
export type ObjectivesView =
  | {
      objectives: ObjectivesReport['objectives'];
      objectiveNotes: ObjectivesReport['notes'];
      objectivesProblem?: undefined;
    }
  | { objectives?: undefined; objectivesProblem: string };

/** Evidence of a hundred sets is read in a few seconds; a reader at 3 a.m. must not wait longer for the rest. */
const patienceMs = 10_000;

/** Never fails: a silent object store or control worker must not hide what is known of the instance. */
export async function askObjectives(
  operations: Pick<Operations, 'objectives'>,
  { instance, status }: Pick<InstanceState['facts'], 'instance' | 'status'>,
  withinMs = patienceMs,
): Promise<ObjectivesView> {
  if (status !== 'serving') return { objectivesProblem: `nothing is promised while the instance is ${status}` };
  try {
    const run = await operations.objectives({ instance });
    const report = await inTime(run, withinMs);
    if (report !== undefined) return { objectives: report.objectives, objectiveNotes: report.notes };
    return { objectivesProblem: `${await reasonOf(run)}; drydock status ${instance} asks again` };
  } catch (error) {
    // The status is right without objectives, and tells why they are missing.
    return { objectivesProblem: error instanceof Error ? error.message.split('\n', 1).join() : String(error) };
  }
}

/** Undefined without an answer in that time. */
async function inTime<Report>(run: RunHandle<Report>, withinMs: number): Promise<Report | undefined> {
  const answered = new AbortController();
  const result = run.result().finally(() => answered.abort());
  const late = pause(withinMs, undefined, { signal: answered.signal }).catch(() => undefined);
  return Promise.race([result, late.then(() => (answered.signal.aborted ? result : undefined))]);
}

/** Why a run has no answer yet; the run is stopped, since nobody waits for it any more. */
async function reasonOf(run: RunHandle<unknown>): Promise<string> {
  const seen = await run.observe().catch(() => undefined);
  await run.cancel().catch(() => {}); // The run also ends by itself.
  const failure = Object.values(seen?.steps ?? {}).find(({ lastFailure }) => lastFailure !== undefined)?.lastFailure;
  return seen?.obstacle ?? failure?.split('\n', 1)[0] ?? 'the control worker gave no answer in time';
}
