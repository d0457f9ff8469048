import type { Client } from '@temporalio/client';
import { schedulePrefix, watchmanScheduleId } from '../contracts/night.ts';
import { readableDuration } from '../model/words/duration.ts';

export interface ScheduleView {
  id: string;
  /** How often it fires: `day`, `week`, or a time such as `30 min`. */
  every: string | undefined;
  nextAt: string | undefined;
  lastAt: string | undefined;
  /** Present when paused: the note of the person who paused it. */
  paused: string | undefined;
}

/** Schedules of one instance, or all of ours; sorted by id. */
export async function listSchedules(client: Client, instance?: string): Promise<ScheduleView[]> {
  const prefix = instance === undefined ? 'night/' : schedulePrefix(instance);
  const views: ScheduleView[] = [];
  for await (const { scheduleId: id, info, state } of client.schedule.list()) {
    if (!id.startsWith(prefix) && !(instance === undefined && id === watchmanScheduleId)) continue;
    views.push({
      id,
      every: everyOf(info.nextActionTimes),
      nextAt: info.nextActionTimes[0]?.toISOString(),
      lastAt: info.recentActions.at(-1)?.takenAt.toISOString(),
      paused: state.paused ? (state.note ?? '') : undefined,
    });
  }
  return views.sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** Computed from Temporal's coming times: where clocks change, a day may have 23 hours. */
function everyOf([first, second]: readonly Date[]): string | undefined {
  if (first === undefined || second === undefined) return undefined;
  const hours = (second.getTime() - first.getTime()) / 3_600_000;
  if (hours > 6 * 24) return 'week';
  return hours > 22 ? 'day' : readableDuration(hours * 3_600_000);
}
