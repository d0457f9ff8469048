import { type Sample, sample } from './samples.ts';

/** Temporal's view of a schedule, as far as punctuality needs it. */
export interface ScheduleView {
  readonly id: string;
  /** Type of the started workflow. */
  readonly procedure: string;
  readonly paused: boolean;
  readonly last?: { readonly scheduledAt: Date; readonly takenAt: Date } | undefined;
  readonly nextAt?: Date | undefined;
}

/** How late the last action was, when the next is due, and whether it is paused. */
export function scheduleSamples(schedules: readonly ScheduleView[]): Sample[] {
  return schedules.flatMap(({ id: schedule, procedure, paused, last, nextAt }) => {
    const labels = { schedule, procedure };
    const lagMs = last === undefined ? undefined : last.takenAt.getTime() - last.scheduledAt.getTime();
    return [
      sample('drydock_schedule_paused', labels, paused ? 1 : 0),
      ...(lagMs === undefined ? [] : [sample('drydock_schedule_lag_seconds', labels, Math.max(0, lagMs / 1000))]),
      ...(paused || nextAt === undefined
        ? []
        : [sample('drydock_schedule_next_timestamp_seconds', labels, nextAt.getTime() / 1000)]),
    ];
  });
}
