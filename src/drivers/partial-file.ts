import { randomBytes } from 'node:crypto';
import { chmod, type FileHandle, open, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DrydockError } from '../errors.ts';

/**
 * Writes a file under a temporary name beside `to`, syncs it and renames it into place, only when `write` succeeded. A
 * killed process's leftover is replaced, never written into: its program may still be running.
 */
export async function writeWhole<T>(to: string, write: (file: FileHandle) => Promise<T>): Promise<T> {
  const partial = `${to}.partial`;
  await rm(partial, { force: true });
  const file = await open(partial, 'wx+', 0o600).catch((error) => throwFileError(error, `create ${to}`));
  try {
    const result = await write(file);
    await file.sync();
    await file.close();
    await rename(partial, to);
    await syncFolder(dirname(to));
    return result;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(partial, { force: true });
    throwFileError(error, `write ${to}`);
  }
}

/** Replaces a small file by a rename: readers, even in a container that mounts its directory, see all or nothing. */
export async function replaceFile(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
  await replace(path, async (temporary) => {
    await writeFile(temporary, content, { mode, flush: true });
    await chmod(temporary, mode);
  });
}

/** The same for a symbolic link. */
export async function replaceLink(path: string, target: string): Promise<void> {
  await replace(path, (temporary) => symlink(target, temporary));
}

async function replace(path: string, make: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** How much may be written before the disk is asked to sync. */
const earlySyncBytes = 64 * 1024 * 1024;

/** Syncs a file while it is being written, so that the last fsync has little left to do. */
export class EarlySync {
  readonly #file: FileHandle;
  #syncedBytes = 0;
  #running: Promise<void> | undefined;
  #failure: unknown;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  reached(writtenBytes: number): void {
    if (this.#running !== undefined || writtenBytes - this.#syncedBytes < earlySyncBytes) return;
    this.#syncedBytes = writtenBytes;
    this.#running = this.#file
      .datasync()
      // The kernel reports a write error only once: this error must not get lost.
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  async finish(): Promise<void> {
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** Errors of the file system in Drydock's words; any other error passes unchanged. */
export function throwFileError(error: unknown, tried: string): never {
  const code =
    (error as NodeJS.ErrnoException).syscall === undefined ? undefined : (error as NodeJS.ErrnoException).code;
  if (error instanceof DrydockError || code === undefined) throw error;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    throw new DrydockError('no-space', `${tried}: the disk is full`, { cause: error });
  if (code === 'ENOENT') throw new DrydockError('not-found', `${tried}: no such file or folder`, { cause: error });
  throw new DrydockError('tool-failed', `${tried}: ${code}`, { cause: error });
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
