import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { InstanceDirectories } from '../../drivers/instance-directory/instance-directory.ts';
import { isThere } from '../../drivers/notes.ts';
import { storedPaths } from '../../model/instance/blueprint-stores.ts';
import { otherColour } from '../../model/instance/names.ts';
import { type LocalInstance, openRelease } from './instances.ts';
import { readReleaseNote } from './release-notes.ts';
import { generationFiles } from './store-locations.ts';

/**
 * Three absolute paths: what serves is at `serving`, what will serve at `incoming`, and what served goes to `outgoing`.
 */
interface PathExchange {
  serving: string;
  incoming: string;
  outgoing: string;
}

/**
 * Moves the serving files away and the incoming files into their place. Every move is a rename, done only if its source
 * exists and its target does not, so that it may be repeated. With `incoming` and `outgoing` swapped it goes back.
 */
export async function exchangePaths(exchanges: readonly PathExchange[]): Promise<void> {
  for (const { serving, incoming, outgoing } of exchanges) {
    if (!(await isThere(incoming))) continue; // Either already in place, or there is no such file to bring.
    if (!(await isThere(outgoing))) await move(serving, outgoing);
    await move(incoming, serving);
  }
}

/** Exchanges the files of two generations; covers the paths of both releases if another release takes over. */
export async function exchangeFiles(
  directories: InstanceDirectories,
  local: LocalInstance,
  { from, to }: { from: number; to: number },
): Promise<void> {
  await exchangePaths(
    (await filePaths(directories, local)).map((path) => ({
      serving: directories.path(local.record.instance, path),
      incoming: directories.path(local.record.instance, generationFiles(to), path),
      outgoing: directories.path(local.record.instance, generationFiles(from), path),
    })),
  );
}

/** Paths of the files of an instance's release, and of the release beside it. */
export async function filePaths(directories: InstanceDirectories, local: LocalInstance): Promise<string[]> {
  const { instance, colour } = local.record;
  const note = await readReleaseNote(directories, instance, otherColour(colour));
  const other = note === undefined ? [] : [await openRelease(directories, instance, note.own.colour)];
  const named = [local, ...other].flatMap(({ blueprint }) => storedPaths(blueprint));
  return [...new Set(named)];
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  if (await isThere(from)) await rename(from, to);
}
