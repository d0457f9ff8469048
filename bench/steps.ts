import type { StepRecord } from '../src/contracts/progress.ts';
import type { StepTimes } from './by-hand.ts';

/** How long each step of a procedure took, in milliseconds. Steps on different stores overlap. */
export function stepTimes(steps: readonly StepRecord[]): StepTimes {
  const times = steps.map(({ name, startedAt, endedAt }): [string, number] => {
    return [name, Date.parse(endedAt ?? startedAt) - Date.parse(startedAt)];
  });
  return Object.fromEntries(times);
}
