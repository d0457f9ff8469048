import type { DrydockError } from '../../errors.ts';
import { explain, isCancellation } from '../../failures.ts';
import type { Platform } from './platform.ts';

export interface TimeLimit {
  readonly limitMs: number;
  readonly summary: string;
  /** Makes the error to throw after the time limit; gets what the cancelled work reported. */
  tooLong(problem: string): DrydockError;
}

/** Cancels work that takes too long, and waits for it, so that it undoes what it began. */
export async function within<T>(platform: Platform, limit: TimeLimit, work: () => Promise<T>): Promise<T> {
  const scope = platform.scope();
  let ended = false;
  const working = scope.run(work).finally(() => {
    ended = true;
  });
  working.catch(() => {}); // a failure counts once the wait below is over
  const wait = { summary: limit.summary, timeoutMs: limit.limitMs };
  const inTime = await platform
    .until(() => ended, wait)
    .catch(async (error) => {
      await working.catch(() => {}); // cancelled with the run; its undo comes first
      throw error;
    });
  if (inTime) return working;
  scope.cancel();
  try {
    return await working;
  } catch (error) {
    throw isCancellation(error) ? limit.tooLong(explain(error).message) : error;
  }
}
