import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.ts';
import type { Instance } from './instance.ts';
import type { Plane } from './plane.ts';

/** What a script of by-hand/ took for its steps, in milliseconds. */
export type StepTimes = Record<string, number>;

type Script = 'backup' | 'restore' | 'put-back';

/** Runs a script of by-hand/ in an empty directory of the given name; `sent` is the one a backup ran in. */
export async function byHand(plane: Plane, instance: Instance, script: Script, sent?: string): Promise<StepTimes> {
  const directory = workOf(plane, script === 'put-back' ? 'restore' : script);
  if (script !== 'put-back') {
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  const times = join(directory, 'times');
  await run(join(plane.root, 'bench', 'by-hand', script), [], {
    env: {
      ...plane.remote.env,
      INSTANCE: instance.name,
      DIRECTORY: instance.directory,
      WORK: directory,
      SENT: sent ?? '',
      REMOTE: plane.remote.name,
      RECIPIENT: plane.recipient,
      IDENTITY: plane.identity,
      TIMES: times,
      NODE: process.execPath,
    },
  });
  const lines = (await readFile(times, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => line.split(' ')).map(([name = '', ms]) => [name, Number(ms)]));
}

export function workOf(plane: Plane, script: Script): string {
  return join(plane.work, script);
}

/** Removes what by-hand/backup has uploaded. */
export async function purgeRemote(plane: Plane): Promise<void> {
  await run('rclone', ['purge', plane.remote.name], { env: plane.remote.env });
}

export async function makeRemote(plane: Plane): Promise<void> {
  await run('rclone', ['mkdir', plane.remote.name], { env: plane.remote.env });
}
