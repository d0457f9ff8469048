import { setTimeout as pause } from 'node:timers/promises';

/** Waits until a condition holds, at most `withinMs`; false when it never did. Polls: processes do not tell. */
export async function eventually(holds: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) return false;
    await pause(100);
  }
  return true;
}
