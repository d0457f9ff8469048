import {
  type CalendarSpecDescription,
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { type Firing, type PresentSchedule, WantedSchedule, Weekday } from '../../contracts/night.ts';
import { controlQueue } from '../../contracts/queues.ts';
import { unavailable } from '../claims/leases.ts';

/** A present schedule, and whether one of its runs is open. */
export interface ScheduleSight extends PresentSchedule {
  readonly changedAt: Date;
  /** A run that the schedule started is open. */
  readonly runs: boolean;
}

/** Temporal's schedules, as far as nights need them. Every call may be made twice. */
export interface Scheduler {
  /** Ids that begin with the prefix; a schedule made a moment ago may be missing. */
  ids(prefix: string): Promise<string[]>;
  /** Undefined if there is no such schedule. */
  look(id: string): Promise<ScheduleSight | undefined>;
  /** Makes or changes the schedule. A paused schedule stays paused. */
  put(wanted: WantedSchedule): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Our note on every schedule that we make. */
const mark = { drydock: 'schedule/1' } as const;

const instanceAttribute = defineSearchAttributeKey('DrydockInstance', 'KEYWORD');

export function createScheduler(client: () => Client, taskQueue: string = controlQueue): Scheduler {
  const handle = (id: string) => client().schedule.getHandle(id);
  return {
    ids: (prefix) =>
      orUnavailable(async () => {
        const ids = await Array.fromAsync(client().schedule.list(), ({ scheduleId }) => scheduleId);
        return ids.filter((id) => id.startsWith(prefix)).sort();
      }),
    look: (id) => orUnavailable(async () => sightOf(await handle(id).describe(), taskQueue), ScheduleNotFoundError),
    put: (wanted) =>
      orUnavailable(async () => {
        const options = optionsOf(wanted, taskQueue);
        try {
          await client().schedule.create({ scheduleId: wanted.id, memo: mark, ...options });
        } catch (error) {
          if (!(error instanceof ScheduleAlreadyRunning)) throw error;
          await handle(wanted.id).update(({ state }) => ({ ...options, state }));
        }
      }),
    remove: (id) => orUnavailable(() => handle(id).delete(), ScheduleNotFoundError).then(() => undefined),
  };
}

function optionsOf({ id, when, workflow, input, catchupMinutes }: WantedSchedule, taskQueue: string) {
  const instance = input['instance'];
  return {
    spec: specOf(when),
    action: {
      type: 'startWorkflow' as const,
      workflowType: workflow,
      workflowId: id, // Temporal adds the time
      taskQueue,
      args: [input],
      staticSummary: `${String(input['job'] ?? workflow)} ${String(instance ?? '')}`.trim(),
      ...(typeof instance === 'string' ? { typedSearchAttributes: [{ key: instanceAttribute, value: instance }] } : {}),
    },
    policies: {
      // Never two runs at once; the watchman reports a skipped run as missed.
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: catchupMinutes * 60_000,
      // A failure is reported; pausing would make every later night fail in silence.
      pauseOnFailure: false,
    },
  };
}

function specOf(when: Firing) {
  if (when.every === 'interval') {
    return { intervals: [{ every: when.minutes * 60_000, offset: when.offset * 60_000 }] };
  }
  const [hour = 0, minute = 0] = when.at.split(':').map(Number);
  const day = when.every === 'week' ? { dayOfWeek: when.day.toUpperCase() as DayName } : {};
  return { calendars: [{ hour, minute, ...day }], timezone: when.zone };
}

type DayName = 'SUNDAY' | 'MONDAY' | 'TUESDAY' | 'WEDNESDAY' | 'THURSDAY' | 'FRIDAY' | 'SATURDAY';

function sightOf(description: ScheduleDescription, taskQueue: string): ScheduleSight {
  const { scheduleId: id, memo, state, info } = description;
  const as = asWanted(description, taskQueue);
  const last = info.recentActions.at(-1)?.takenAt.toISOString();
  const next = info.nextActionTimes[0]?.toISOString();
  return {
    id,
    ours: memo?.['drydock'] === mark.drydock,
    as,
    paused: state.paused,
    ...(state.note === undefined || state.note === '' ? {} : { note: state.note }),
    nextAt: next,
    lastAt: last,
    changedAt: info.lastUpdatedAt ?? info.createdAt,
    runs: info.runningActions.length > 0,
  };
}

/** The schedule as a wanted schedule; undefined if that cannot express it, since somebody changed it by hand. */
function asWanted(
  { scheduleId: id, spec, action, policies }: ScheduleDescription,
  queue: string,
): WantedSchedule | undefined {
  const when = firingOf(spec);
  const plain = policies.overlap === ScheduleOverlapPolicy.SKIP && !policies.pauseOnFailure;
  if (when === undefined || !plain || action.type !== 'startWorkflow' || action.taskQueue !== queue) return undefined;
  const parsed = WantedSchedule.safeParse({
    id,
    when,
    workflow: action.workflowType,
    input: action.args?.[0],
    catchupMinutes: policies.catchupWindow / 60_000,
  });
  return parsed.success ? parsed.data : undefined;
}

function firingOf(spec: ScheduleDescription['spec']): Firing | undefined {
  const { calendars = [], intervals = [], skip = [], jitter = 0, startAt, endAt, timezone = 'UTC' } = spec;
  if (skip.length > 0 || jitter > 0 || startAt !== undefined || endAt !== undefined) return undefined;
  const [calendar, interval] = [calendars[0], intervals[0]];
  if (calendars.length + intervals.length !== 1) return undefined;
  if (interval !== undefined) {
    return { every: 'interval', minutes: interval.every / 60_000, offset: (interval.offset ?? 0) / 60_000 };
  }
  return calendar === undefined ? undefined : onDays(calendar, timezone === '' ? 'UTC' : timezone);
}

function onDays(calendar: CalendarSpecDescription, zone: string): Firing | undefined {
  const [hour, minute, second] = [only(calendar.hour), only(calendar.minute), only(calendar.second)];
  const everyMonth = calendar.dayOfMonth.length === 1 && calendar.dayOfMonth[0]?.end === 31;
  if (hour === undefined || minute === undefined || second !== 0 || !everyMonth) return undefined;
  const at = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  const [days] = calendar.dayOfWeek;
  if (days?.start === 'SUNDAY' && days.end === 'SATURDAY') return { every: 'day', at, zone };
  const day = Weekday.safeParse(only(calendar.dayOfWeek)?.toLowerCase());
  return day.success ? { every: 'week', day: day.data, at, zone } : undefined;
}

function only<Value>(ranges: readonly { start: Value; end: Value }[]): Value | undefined {
  const [range] = ranges;
  return ranges.length === 1 && range?.start === range?.end ? range?.start : undefined;
}

/** Undefined for an error of the class `absent`: there is no schedule. */
async function orUnavailable<T>(call: () => Promise<T>): Promise<T>;
async function orUnavailable<T>(call: () => Promise<T>, absent: typeof ScheduleNotFoundError): Promise<T | undefined>;
async function orUnavailable<T>(call: () => Promise<T>, absent?: typeof ScheduleNotFoundError): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (absent !== undefined && error instanceof absent) return undefined;
    throw unavailable(error);
  }
}
