import type { RestoreReport } from '../src/contracts/restore.ts';
import { sentDirectory } from './backup.ts';
import { byHand, type StepTimes } from './by-hand.ts';
import { run, say, timed } from './command.ts';
import { type Figure, type Pair, ratioFigure } from './figures.ts';
import type { Instance } from './instance.ts';
import { drydock, type Plane, renewHostWorker } from './plane.ts';
import { stepTimes } from './steps.ts';
import { type MemoryPeaks, watchingMemory } from './worker-memory.ts';

export interface RestoreResult {
  ms: number;
  unavailableMs: number;
  peaks: MemoryPeaks;
  steps: StepTimes;
}

const command =
  '`drydock restore NAME --set ID --confirm NAME --skip-safety-set measured` against `bench/by-hand/restore`';

/** Both fetch, check, load beside what serves, compare, and exchange. */
export async function measureRestore(
  plane: Plane,
  instance: Instance,
  set: string,
  pairs: number,
): Promise<{ figure: Figure; last: RestoreResult }> {
  const drydocks: RestoreResult[] = [];
  const hands: StepTimes[] = [];
  const walls: Pair[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    const ours = await restore(plane, instance, set);
    await run('sync', []);
    const { result: times, ms: byHandMs } = await timed(() => byHand(plane, instance, 'restore', sentDirectory(plane)));
    await byHand(plane, instance, 'put-back');
    say(`restore ${pair}/${pairs}: Drydock ${ours.ms} ms, by hand ${byHandMs} ms`);
    drydocks.push(ours);
    hands.push(times);
    walls.push({ drydockMs: ours.ms, byHandMs });
  }
  const last = drydocks.at(-1);
  if (last === undefined) throw new Error('no pair of restores was asked for');
  const raw = { drydock: drydocks, byHand: hands };
  return { figure: ratioFigure('Restore in place, wall time', walls, 1.05, command, raw), last };
}

/** One restore with a fresh worker, so that the peak of its memory is of this restore. */
export async function restore(plane: Plane, { name }: Instance, set: string): Promise<RestoreResult> {
  const pid = await renewHostWorker(plane);
  await run('sync', []);
  const options = ['--set', set, '--confirm', name, '--skip-safety-set', 'measured'];
  const { result, peaks } = await watchingMemory(pid, () =>
    timed(() => drydock<RestoreReport>(plane, 'restore', name, ...options)),
  );
  const { unavailableMs, steps } = result.result;
  return { ms: result.ms, unavailableMs, peaks, steps: stepTimes(steps) };
}
