import type { StepEvent, StepRecord } from '../../contracts/progress.ts';

/** What steps have done for those who use the instance, in their order. */
export function eventsOf(steps: readonly Pick<StepRecord, 'events'>[]): StepEvent[] {
  return steps.flatMap(({ events = [] }) => events);
}
