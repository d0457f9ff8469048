import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DrydockError } from '../../errors.ts';
import { processBirth } from './birth.ts';
import type { Home } from './home.ts';

/** Runs one start or stop of a home at a time. The lock of a dead process is taken over. */
export async function withHomeLock<Result>(home: Home, act: () => Promise<Result>): Promise<Result> {
  removeStaleLock(home);
  try {
    writeFileSync(home.lock, `${process.pid} ${processBirth(process.pid)}`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new DrydockError('refused', `start or stop programs of ${home.directory}: another drydock is doing so`, {
      next: 'wait until that command has finished and try again',
    });
  }
  try {
    return await act();
  } finally {
    rmSync(home.lock, { force: true });
  }
}

function removeStaleLock(home: Home): void {
  if (!existsSync(home.lock)) return;
  const [pid, birth] = readFileSync(home.lock, 'utf8').split(' ');
  if (pid !== undefined && processBirth(Number(pid)) !== birth) rmSync(home.lock, { force: true });
}
