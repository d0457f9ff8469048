import { rename, rm } from 'node:fs/promises';
import type { BackupReport } from '../src/contracts/backup.ts';
import { byHand, makeRemote, purgeRemote, type StepTimes, workOf } from './by-hand.ts';
import { run, say, timed } from './command.ts';
import { type Figure, type Pair, ratioFigure } from './figures.ts';
import type { Instance } from './instance.ts';
import { drydock, type Plane, renewHostWorker } from './plane.ts';
import { stepTimes } from './steps.ts';
import { type MemoryPeaks, watchingMemory } from './worker-memory.ts';

export interface BackupResult {
  set: string;
  /** What the set takes in the object store. */
  sizeBytes: number;
  ms: number;
  graphUnavailableMs: number;
  peaks: MemoryPeaks;
  steps: StepTimes;
}

const command = '`drydock backup NAME` against `bench/by-hand/backup`';

/** Each takes its turn with the disk at rest. The last backup by hand stays, for the restores by hand. */
export async function measureBackup(
  plane: Plane,
  instance: Instance,
  pairs: number,
): Promise<{ figures: Figure[]; last: BackupResult }> {
  const drydocks: BackupResult[] = [];
  const hands: StepTimes[] = [];
  const walls: Pair[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    const ours = await backUp(plane, instance);
    const { ms: byHandMs, times } = await backUpByHand(plane, instance);
    say(`backup ${pair}/${pairs}: Drydock ${ours.ms} ms, by hand ${byHandMs} ms`);
    drydocks.push(ours);
    hands.push(times);
    walls.push({ drydockMs: ours.ms, byHandMs });
  }
  const downs = drydocks.map((ours, index): Pair => {
    return { drydockMs: ours.graphUnavailableMs, byHandMs: hands[index]?.['graph-unavailable'] ?? Number.NaN };
  });
  const raw = { drydock: drydocks, byHand: hands };
  const last = drydocks.at(-1);
  if (last === undefined) throw new Error('no pair of backups was asked for');
  return {
    figures: [
      ratioFigure('Backup, wall time', walls, 1.05, command, raw),
      ratioFigure('Backup, Neo4j unavailable', downs, 1.05, `${command}: stop, dump, start`, {}),
    ],
    last,
  };
}

/** One backup with a fresh worker, so that the peak of its memory is of this backup. */
export async function backUp(plane: Plane, instance: Instance): Promise<BackupResult> {
  const pid = await renewHostWorker(plane);
  await run('sync', []);
  const { result, peaks } = await watchingMemory(pid, () =>
    timed(() => drydock<BackupReport>(plane, 'backup', instance.name)),
  );
  const { set, sizeBytes, stores, steps } = result.result;
  const graphUnavailableMs = stores.find(({ kind }) => kind === 'neo4j')?.unavailableMs ?? Number.NaN;
  return { set, sizeBytes, ms: result.ms, graphUnavailableMs, peaks, steps: stepTimes(steps) };
}

async function backUpByHand(plane: Plane, instance: Instance): Promise<{ ms: number; times: StepTimes }> {
  await makeRemote(plane);
  await purgeRemote(plane);
  await makeRemote(plane);
  await run('sync', []);
  const { result: times, ms } = await timed(() => byHand(plane, instance, 'backup'));
  const kept = sentDirectory(plane);
  await rm(kept, { recursive: true, force: true });
  await rename(workOf(plane, 'backup'), kept);
  for (const store of ['vectors', 'queue', 'graph', 'files'])
    await rm(`${kept}/${store}`, { recursive: true, force: true });
  return { ms, times };
}

/** What by-hand/backup wrote down of what it uploaded. */
export function sentDirectory(plane: Plane): string {
  return `${plane.work}/sent`;
}
