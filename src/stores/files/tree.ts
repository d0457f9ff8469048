import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import { DrydockError } from '../../errors.ts';
import { digestOfFile } from '../artifact-files.ts';
import type { HostFiles } from '../store.ts';
import type { FilesContents } from './kind.ts';

/** Counts the files below the paths. The digest covers type, path, mode and content of everything, in path order. */
export async function countFiles(at: HostFiles): Promise<FilesContents> {
  const hash = createHash('sha256');
  let files = 0;
  let bytes = 0;
  for await (const { path, stats } of treeOf(at)) {
    const mode = (stats.mode & 0o7777).toString(8);
    const full = join(at.directory, path);
    if (stats.isFile()) {
      const { sizeBytes, sha256 } = await digestOfFile(full);
      files += 1;
      bytes += sizeBytes;
      hash.update(JSON.stringify(['file', path, mode, sizeBytes, sha256]));
    } else if (stats.isSymbolicLink()) {
      hash.update(JSON.stringify(['link', path, await readlink(full)]));
    } else if (stats.isDirectory()) {
      hash.update(JSON.stringify(['directory', path, mode]));
    }
  }
  return { kind: 'files', files, bytes, digest: hash.digest('hex') };
}

/** The largest size of an archive of the paths: every member has a header, a long name another, and is padded. */
export async function archiveBytes(at: HostFiles): Promise<number> {
  let sizeBytes = 64 * 1024;
  for await (const { path, stats } of treeOf(at))
    sizeBytes += 2560 + 2 * Buffer.byteLength(path) + (stats.isFile() ? stats.size : 0);
  return sizeBytes;
}

/** The paths and everything below them, in the order of their names. */
async function* treeOf(at: HostFiles): AsyncGenerator<{ path: string; stats: Stats }> {
  await refuseMissing(at);
  for (const path of separatePaths(at.paths)) yield* below(at.directory, path);
}

async function* below(directory: string, path: string): AsyncGenerator<{ path: string; stats: Stats }> {
  const stats = await lstat(join(directory, path));
  yield { path, stats };
  if (!stats.isDirectory()) return;
  const names = await readdir(join(directory, path));
  for (const name of names.sort()) yield* below(directory, `${path}/${name}`);
}

/** Sorted, without final slashes and without paths inside other paths. */
export function separatePaths(paths: readonly string[]): string[] {
  const plain = [...new Set(paths.map((path) => normalize(path).replace(/\/$/, '')))].sort();
  return plain.filter((path) => !plain.some((other) => path.startsWith(`${other}/`)));
}

export async function refuseMissing(at: HostFiles): Promise<void> {
  const problems: string[] = [];
  for (const path of at.paths) {
    if (path.startsWith('/') || path.split('/').includes('..')) problems.push(`${path} leads out of ${at.directory}`);
    else if (!(await lstat(join(at.directory, path)).catch(() => undefined))) problems.push(`${path} is not there`);
  }
  if (problems.length === 0) return;
  const what = `read the files of store ${at.store} of ${at.instance} in ${at.directory}`;
  throw new DrydockError('not-found', `${what}: not all paths are there`, { problems });
}
