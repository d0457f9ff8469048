import type { DrydockError } from '../../errors.ts';
import { explain, isCancellation } from '../../failures.ts';
import type { Platform } from './platform.ts';

export interface TimeLimit {
  readonly limitMs: number;
  readonly summary: string;
  /** What is thrown when the time was over; told what the cancelled work said. */
  tooLong(problem: string): DrydockError;
}

/** Work that takes too long is cancelled and waited for, so that what it began is undone. */
export async function within<T>(platform: Platform, limit: TimeLimit, work: () => Promise<T>): Promise<T> {
  const scope = platform.scope();
  let ended = false;
  const working = scope.run(work).finally(() => {
    ended = true;
  });
  const wait = { summary: limit.summary, timeoutMs: limit.limitMs };
  const inTime = await platform
    .until(() => ended, wait)
    .catch(async (error) => {
      await working.catch(() => {}); // cancelled with the run; what it began is undone first
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
