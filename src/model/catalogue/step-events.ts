import type { StepEvent, StepRecord } from '../../contracts/progress.ts';

/** What the steps did for the users of the instance, in order. */
export function eventsOf(steps: readonly Pick<StepRecord, 'events'>[]): StepEvent[] {
  return steps.flatMap(({ events = [] }) => events);
}
