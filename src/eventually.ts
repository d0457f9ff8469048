import { setTimeout as pause } from 'node:timers/promises';
import { given } from './given.ts';

interface Wait {
  readonly withinMs: number;
  readonly everyMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Waits until a condition holds; false when the time is over first. The caller keeps what was seen last, and says it. An
 * abort rejects with the signal's reason.
 */
export async function eventually(holds: () => Promise<boolean>, { withinMs, everyMs, signal }: Wait): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    if (await holds()) return true;
    if (performance.now() > deadline) return false;
    await pause(everyMs, undefined, given({ signal })).catch(() => signal?.throwIfAborted());
  }
}
