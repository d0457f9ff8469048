import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { replaceFile } from './partial-file.ts';

/** Reads a note: a small JSON file that is written whole. Undefined when there is none. */
export async function readNote<Held>(path: string, schema: z.ZodType<Held>): Promise<Held | undefined> {
  const text = await readFile(path, 'utf8').catch(absent(undefined));
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}

/** Replaces a note, and makes its directory. */
export async function writeNote(path: string, held: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, `${JSON.stringify(held, null, 2)}\n`);
}

export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** For a file that need not be there: the value in its place. Any other error goes on. */
export function absent<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return value;
    throw error;
  };
}
