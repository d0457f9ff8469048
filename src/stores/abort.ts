import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, unless the signal aborts: then it rejects with the signal's reason. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await rejectingWithReason(signal, () => sleep(ms, undefined, { signal }));
}

/** Node's own functions reject an abort with errors of their own; this turns them into the signal's reason. */
export async function rejectingWithReason<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
