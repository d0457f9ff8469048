import type { Blueprint } from '../../contracts/blueprint.ts';
import type { Tier } from '../../contracts/ids.ts';
import {
  type Firing,
  type NightJob,
  type NightProcedure,
  type NightSource,
  schedulePrefix,
  type WantedSchedule,
  Weekday,
  watchmanScheduleId,
} from '../../contracts/night.ts';
import { cares } from '../../stores/kinds.ts';
import { durationMs, minuteOf } from '../words/duration.ts';

const dayMinutes = 24 * 60;

/** How often a whole set is taken: every store gets at least this. */
const wholeSetMinutes: Record<Tier, number> = { premium: dayMinutes, standard: 7 * dayMinutes };

/** Intervals in minutes that divide the day evenly. */
const captureSteps = [5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720];

/** The latest beginning of a capture, as a share of its interval: the capture is then over when the next is due. */
const latestCapture = 0.9;

/** After an outage Temporal starts a daily job up to a day late: the job then reports that it was missed. */
const catchupMinutes = dayMinutes;

interface Duty {
  readonly job: string;
  readonly procedure: NightProcedure;
  readonly request?: Record<string, unknown>;
  readonly every: 'day' | 'week';
  /** The job whose weekday this one shares; its own weekday by default. */
  readonly dayOf?: string;
  /** Share of the night that passes before the job is due. */
  readonly after: number;
  readonly turn: NightJob['turn'];
  readonly endWithinMinutes: number;
}

/**
 * Every schedule of an instance, from its tier and its blueprint's promises. Names decide minute and weekday, so that
 * instances take turns and a schedule never moves by itself.
 */
export function wantedSchedules(source: NightSource, blueprint: Blueprint): WantedSchedule[] {
  const captures = capturesOf(source, blueprint);
  const nightly = captures.filter(({ minutes }) => minutes === dayMinutes);
  const often = captures.filter(({ minutes }) => minutes < dayMinutes);
  return [
    ...duties(source, blueprint, nightly).map((duty) => nightSchedule(source, blueprint, duty)),
    ...often.map(({ store, minutes }) => captureSchedule(source, store, minutes)),
  ];
}

/**
 * Stores with a promise that whole sets do not meet, and how often each is captured. Two captures are at most half the
 * promise apart, so that even the latest permitted one keeps it. One capture a night keeps a promise of a day or more,
 * as premium's whole sets keep that of a day. An only store has nothing but whole sets.
 */
export function capturesOf(
  { tier }: Pick<NightSource, 'tier'>,
  { objectives, stores }: Pick<Blueprint, 'objectives' | 'stores'>,
): { store: string; minutes: number }[] {
  const names = Object.keys(stores);
  return names.flatMap((store) => {
    const rpo = objectives[store]?.rpo;
    const promised = rpo === undefined ? Number.POSITIVE_INFINITY : durationMs(rpo) / 60_000;
    if (promised >= wholeSetMinutes[tier] || names.length === 1) return [];
    const [shortest = 5] = captureSteps;
    const step = captureSteps.findLast((minutes) => minutes <= promised / 2) ?? shortest;
    return [{ store, minutes: promised >= dayMinutes ? dayMinutes : step }];
  });
}

/** The schedule of the watchman, between the hours at which people let things begin. */
export const watchmanSchedule: WantedSchedule = {
  id: watchmanScheduleId,
  when: { every: 'interval', minutes: 30, offset: 7 },
  workflow: 'watchman',
  input: {},
  catchupMinutes: 30,
};

/** Heavy work comes first in the night, reading later: the night's set is there by then. */
function duties({ tier }: NightSource, { cleanup }: Blueprint, nightly: readonly { store: string }[]): Duty[] {
  const often = tier === 'premium' ? 'day' : 'week';
  const host = { turn: 'host', endWithinMinutes: 480 } as const;
  const cleaning = { procedure: 'cleanup', turn: 'host', endWithinMinutes: 240 } as const;
  const reading = { turn: 'none', endWithinMinutes: 480 } as const;
  return [
    { job: 'backup', procedure: 'backup', request: { reason: 'scheduled' }, every: often, after: 0, ...host },
    ...nightly.map(({ store }) => ({ ...captureOf(store), every: 'day' as const, after: 0, ...host })),
    ...cares
      .filter(({ section }) =>
        Object.entries(cleanup ?? {}).some(([entry, spec]) => entry in section && spec !== undefined),
      )
      .map(({ what, every }) => ({ job: `cleanup-${what}`, request: { what }, every, after: 1 / 4, ...cleaning })),
    { job: 'drill', procedure: 'drill', every: 'week', after: 1 / 4, ...host },
    { job: 'verify', procedure: 'verify', request: newest, every: often, dayOf: 'backup', after: 1 / 2, ...reading },
    {
      job: 'verify-again',
      procedure: 'verify',
      request: leastRecentlyVerified,
      every: often,
      after: 1 / 2,
      ...reading,
    },
    { job: 'retention', procedure: 'retention', every: 'day', after: 1 / 2, ...reading },
  ];
}

/** The set of this night; so far only its own backup has read it. */
const newest = { set: 'latest' };

/** Stored bytes may rot: each set is read in its turn, the newest included. */
const leastRecentlyVerified = { set: 'least-recently-verified' };

function nightSchedule({ instance }: NightSource, { nights }: Blueprint, duty: Duty): WantedSchedule {
  const { job, dayOf = job, procedure, request = {}, every, after, turn, endWithinMinutes } = duty;
  const night = nights.hours * 60;
  const late = Math.floor(night * after) + (hash(instance) % spreadMinutes(night));
  const minute = minuteOf(nights.begin) + late;
  const at = timeOfDay(minute);
  const { zone } = nights;
  const when: Firing =
    every === 'day'
      ? { every, at, zone }
      : { every, day: weekday(hash(`${instance}/${dayOf}`) + Math.floor(minute / dayMinutes)), at, zone };
  const times = { beginWithinMinutes: night - late, endWithinMinutes };
  const input = { instance, job, procedure, request, ...times, turn, when } satisfies NightJob;
  return { id: schedulePrefix(instance) + job, when, workflow: 'nightJob', input, catchupMinutes };
}

function captureOf(store: string) {
  return { job: `capture-${store}`, procedure: 'backup', request: { reason: 'scheduled', stores: [store] } } as const;
}

/** Captures skip the host's queue, where another instance's drill would delay them; the next makes up for an outage. */
function captureSchedule({ instance }: NightSource, store: string, minutes: number): WantedSchedule {
  const capture = captureOf(store);
  const when: Firing = { every: 'interval', minutes, offset: hash(`${instance}/${capture.job}`) % minutes };
  const beginWithinMinutes = Math.floor(latestCapture * minutes);
  const times = { beginWithinMinutes, endWithinMinutes: Math.max(minutes, 15) };
  const input = { instance, ...capture, ...times, turn: 'none', when } satisfies NightJob;
  const id = schedulePrefix(instance) + capture.job;
  return { id, when, workflow: 'nightJob', input, catchupMinutes: Math.floor(minutes / 2) };
}

/** An hour, or a quarter of a short night. */
function spreadMinutes(night: number): number {
  return Math.min(60, Math.floor(night / 4));
}

function timeOfDay(minute: number): string {
  const [hours, minutes] = [Math.floor(minute / 60) % 24, minute % 60];
  return [hours, minutes].map((part) => String(part).padStart(2, '0')).join(':');
}

function weekday(number: number): Weekday {
  return Weekday.options[number % 7] ?? 'sunday';
}

/** FNV-1a: the same result on every machine and for ever; nothing else matters. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}
