import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { absent } from '../../drivers/notes.ts';
import { replaceFile } from '../../drivers/partial-file.ts';
import { DrydockError } from '../../errors.ts';
import type { EdgeFiles } from '../edge.ts';
import { askProxy } from './admin-socket.ts';
import { configurationFile } from './config.ts';
import { colourMap, mapText, modeMap } from './map-file.ts';

/** Writes missing or differing files. The proxy makes its socket in the directory, so the proxy must own it. */
export async function prepareEdge(
  at: string,
  files: EdgeFiles,
  owner: { uid: number; gid: number },
): Promise<'ready' | 'restart-needed'> {
  await mkdir(at, { recursive: true });
  await giveTo(at, owner);
  const { settings, initial } = files;
  await writeMissing(join(at, colourMap.file), mapText(colourMap, initial.colour));
  await writeMissing(join(at, modeMap.file), mapText(modeMap, initial.mode));
  const stamp = stampOf(files);
  for (const [name, text] of Object.entries(settings)) {
    const stamped = name === configurationFile ? `global\n  description ${stamp}\n\n${text}` : text;
    await writeChanged(join(at, name), stamped);
  }
  const info = await askProxy(at, 'show info');
  return info === undefined || info.includes(`\ndescription: ${stamp}\n`) ? 'ready' : 'restart-needed';
}

async function giveTo(at: string, owner: { uid: number; gid: number }): Promise<void> {
  const found = await stat(at);
  if (found.uid !== owner.uid || found.gid !== owner.gid) {
    await chown(at, owner.uid, owner.gid).catch((error: NodeJS.ErrnoException) => {
      throw new DrydockError('refused', `give ${at} to user ${owner.uid} of the edge: ${error.code}`, {
        next: 'run the host worker as root, or the edge as the user of the host worker',
      });
    });
  }
  await chmod(at, 0o750);
}

async function writeMissing(path: string, content: string): Promise<void> {
  if ((await readIfThere(path)) === undefined) await replaceFile(path, content);
}

async function writeChanged(path: string, content: string): Promise<void> {
  if ((await readIfThere(path)) !== content) await replaceFile(path, content);
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(absent(undefined));
}

/** The proxy answers with this stamp of the files it was started from, so a repetition knows them too. */
function stampOf({ settings }: EdgeFiles): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}
