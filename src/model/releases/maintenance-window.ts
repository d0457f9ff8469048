import type { MaintenanceWindow } from '../../contracts/ids.ts';
import { DrydockError } from '../../errors.ts';
import { minuteOf, readableDuration } from '../words/duration.ts';

/** One opening of a weekly window. */
interface Opening {
  opensAt: Date;
  closesAt: Date;
}

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const weekMs = 7 * dayMs;

/**
 * The first opening of the window in which the work still fits, begun at once or, when the window is still closed, at
 * its opening. `opensAt` of an open window lies in the past. `refused` when the work is longer than the window.
 */
export function nextWindow(window: MaintenanceWindow, now: Date, neededMs: number): Opening {
  const { opensMs, lengthMs } = parseWindow(window);
  if (!fits(window, neededMs)) {
    throw new DrydockError(
      'refused',
      `look for the next window ${window}: it is open for ${readableDuration(lengthMs)}, and ${readableDuration(neededMs)} are needed`,
      { next: 'ask for a longer window, or for now' },
    );
  }
  const sinceOpened = (((now.getTime() - weekStart(now) - opensMs) % weekMs) + weekMs) % weekMs;
  const lastOpened = now.getTime() - sinceOpened;
  const opensAt = sinceOpened + neededMs <= lengthMs ? lastOpened : lastOpened + weekMs;
  return { opensAt: new Date(opensAt), closesAt: new Date(opensAt + lengthMs) };
}

/** Whether the work fits into one opening of the window. */
export function fits(window: MaintenanceWindow, neededMs: number): boolean {
  return neededMs <= windowLengthMs(window);
}

export function windowLengthMs(window: MaintenanceWindow): number {
  return parseWindow(window).lengthMs;
}

/** Opening time from the beginning of the week (Sunday, UTC), and length; two equal times are a whole day. */
function parseWindow(window: MaintenanceWindow): { opensMs: number; lengthMs: number } {
  const [day = '', times = '', zone] = window.split(' ');
  const [from, to] = times.split('-').map((time) => minuteOf(time) * minuteMs);
  const weekday = days.indexOf(day);
  if (weekday < 0 || from === undefined || to === undefined || zone !== 'UTC') {
    throw new DrydockError('invalid-input', `read the window '${window}': it does not look like sun 02:00-06:00 UTC`);
  }
  return { opensMs: weekday * dayMs + from, lengthMs: to > from ? to - from : to - from + dayMs };
}

function weekStart(now: Date): number {
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() - now.getUTCDay());
}
