import { type Firing, Weekday } from '../../contracts/night.ts';
import { readableDuration } from '../words/duration.ts';
import { instantsOf, offsetMs } from './zones.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/**
 * The times at which a schedule fires, from `from` until before `to`: as in Temporal, also when clocks change. As
 * Temporal documents, a skipped time does not fire, and a time shown twice fires the second time.
 */
export function firings(when: Firing, from: Date, to: Date): Date[] {
  const times = when.every === 'interval' ? inIntervals(when, from) : onDays(when, from, to);
  const found: Date[] = [];
  for (const time of times) {
    if (time >= to.getTime()) break;
    if (time >= from.getTime()) found.push(new Date(time));
  }
  return found;
}

/** The last firing before an instant. */
export function lastFiring(when: Firing, before: Date): Date {
  const reachMs = when.every === 'interval' ? when.minutes * minuteMs : (when.every === 'day' ? 2 : 8) * dayMs;
  for (let back = reachMs; ; back *= 2) {
    const last = firings(when, new Date(before.getTime() - back), before).at(-1);
    if (last !== undefined) return last;
  }
}

/** `daily at 03:17 UTC` */
export function firingWords(when: Firing): string {
  if (when.every === 'interval') return `every ${readableDuration(when.minutes * minuteMs)}, at minute ${when.offset}`;
  return `${when.every === 'day' ? 'daily' : `on ${when.day}s`} at ${when.at} ${when.zone}`;
}

function* inIntervals({ minutes, offset }: Firing & { every: 'interval' }, from: Date): Generator<number> {
  const every = minutes * minuteMs;
  const first = Math.floor((from.getTime() - offset * minuteMs) / every) * every + offset * minuteMs;
  for (let time = first; ; time += every) yield time;
}

function* onDays(when: Exclude<Firing, { every: 'interval' }>, from: Date, to: Date): Generator<number> {
  const { at, zone } = when;
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  const shown = from.getTime() + offsetMs(zone, from.getTime());
  for (let day = Math.floor(shown / dayMs) * dayMs - dayMs; day < to.getTime() + 2 * dayMs; day += dayMs) {
    if (when.every === 'week' && Weekday.options[new Date(day).getUTCDay()] !== when.day) continue;
    const instant = instantsOf(zone, day + (hours * 60 + minutes) * minuteMs).at(-1);
    if (instant !== undefined) yield instant;
  }
}
