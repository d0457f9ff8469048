import { setTimeout as sleep } from 'node:timers/promises';

/** Waits; an abort rejects with the signal's reason. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await rejectingWithReason(signal, () => sleep(ms, undefined, { signal }));
}

/** Node's functions reject an abort with their own errors; this function rejects with the signal's reason. */
export async function rejectingWithReason<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
