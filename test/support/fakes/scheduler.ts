import type { Scheduler, ScheduleSight } from '../../../src/activities/nights/scheduler.ts';
import { lastFiring } from '../../../src/model/nights/firings.ts';

export interface FakeScheduler extends Scheduler {
  /** Schedules by id; a test may add schedules of somebody else, pause schedules, or mark them as running. */
  readonly schedules: Map<string, ScheduleSight>;
}

/** Schedules in memory, which fire nothing. */
export function createFakeScheduler(now: () => Date = () => new Date()): FakeScheduler {
  const schedules = new Map<string, ScheduleSight>();
  return {
    schedules,
    ids: async (prefix) => [...schedules.keys()].filter((id) => id.startsWith(prefix)).sort(),
    look: async (id) => structuredClone(schedules.get(id)),
    put: async (as) => {
      const { id } = as;
      const before = schedules.get(id) ?? { id, ours: true, paused: false, runs: false };
      schedules.set(id, {
        ...before,
        as: structuredClone(as),
        changedAt: now(),
        lastAt: lastFiring(as.when, now()).toISOString(),
      });
    },
    remove: async (id) => void schedules.delete(id),
  };
}
