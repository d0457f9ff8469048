import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MaintenanceWindow } from '../../../src/contracts/ids.ts';
import { fits, nextWindow, windowLengthMs } from '../../../src/model/releases/maintenance-window.ts';
import { refusalFrom } from '../../support/refusals.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const sunday = 'sun 02:00-06:00 UTC';
const overNight = 'sat 22:00-02:00 UTC';

/** `2026-11-22 02:00 to 2026-11-22 06:00` */
function opening(window: string, now: string, neededMs: number): string {
  const { opensAt, closesAt } = nextWindow(window, new Date(now), neededMs);
  const [from, to] = [opensAt, closesAt].map((time) => time.toISOString().replace('T', ' ').replace(':00.000Z', ''));
  return `${from} to ${to}`;
}

// 2026-11-22 is a Sunday.
describe('the next window', () => {
  const first = '2026-11-22 02:00 to 2026-11-22 06:00';
  const second = '2026-11-29 02:00 to 2026-11-29 06:00';
  const night = '2026-11-21 22:00 to 2026-11-22 02:00';
  test.each<[string, string, string, number, string]>([
    ['on another day', sunday, '2026-11-18T12:00Z', hour, first],
    ['later today', sunday, '2026-11-22T01:59:59.999Z', hour, first],
    ['open since now', sunday, '2026-11-22T02:00Z', hour, first],
    ['open with just enough left', sunday, '2026-11-22T05:00Z', hour, first],
    ['open with too little left', sunday, '2026-11-22T05:00:00.001Z', hour, second],
    ['just closed', sunday, '2026-11-22T06:00:00.001Z', 0, second],
    ['filled by the work', sunday, '2026-11-21T00:00Z', 4 * hour, first],
    ['filled by the work, a moment late', sunday, '2026-11-22T02:00:00.001Z', 4 * hour, second],
    ['across midnight, before it', overNight, '2026-11-21T23:00Z', hour, night],
    ['across midnight, after it', overNight, '2026-11-22T00:30Z', hour, night],
    ['across midnight, too late', overNight, '2026-11-22T01:30Z', hour, '2026-11-28 22:00 to 2026-11-29 02:00'],
    ['of a whole day', 'mon 12:00-12:00 UTC', '2026-11-24T11:00Z', hour, '2026-11-23 12:00 to 2026-11-24 12:00'],
    [
      'across the year',
      'thu 23:30-00:30 UTC',
      '2026-12-31T23:45Z',
      45 * minute,
      '2026-12-31 23:30 to 2027-01-01 00:30',
    ],
    ['across a change of clocks elsewhere', sunday, '2026-10-24T12:00Z', hour, '2026-10-25 02:00 to 2026-10-25 06:00'],
  ])('%s', (_, window, now, neededMs, expected) => {
    expect(opening(window, now, neededMs)).toBe(expected);
  });
});

test('a work that is longer than the window never begins', () => {
  expect(fits(sunday, 4 * hour)).toBe(true);
  expect(fits(sunday, 4 * hour + 1)).toBe(false);
  expect(refusalFrom(() => nextWindow(sunday, new Date(0), 5 * hour))).toMatchObject({
    code: 'refused',
    message: 'look for the next window sun 02:00-06:00 UTC: it is open for 4 h, and 5 h are needed',
  });
});

test.each(['now', 'sun', 'sun 02:00 UTC', 'sunday 02:00-06:00 UTC', 'sun 02:00-06:00'])('“%s” is no window', (text) => {
  expect(() => nextWindow(text, new Date(0), 0)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
});

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
const window = fc
  .tuple(fc.constantFrom('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'), time, time)
  .map(([weekday, from, to]) => MaintenanceWindow.parse(`${weekday} ${from}-${to} UTC`));
const now = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('for every window, moment and work that fits', () => {
  test('the work fits into the opening, which is one of the window’s', () => {
    fc.assert(
      fc.property(window, now, share, (text, at, part) => {
        const neededMs = Math.floor(part * windowLengthMs(text));
        const { opensAt, closesAt } = nextWindow(text, at, neededMs);
        const begins = Math.max(at.getTime(), opensAt.getTime());
        expect(begins + neededMs).toBeLessThanOrEqual(closesAt.getTime());
        const [weekday, from, to] = text.split(/[ -]/);
        expect(opensAt.toUTCString().slice(0, 3).toLowerCase()).toBe(weekday);
        expect(opensAt.toISOString().slice(11, 16)).toBe(from);
        expect(closesAt.toISOString().slice(11, 16)).toBe(to);
        expect(closesAt.getTime() - opensAt.getTime()).toBeLessThanOrEqual(day);
      }),
    );
  });

  test('no earlier opening would do', () => {
    fc.assert(
      fc.property(window, now, share, (text, at, part) => {
        const neededMs = Math.floor(part * windowLengthMs(text));
        const { opensAt, closesAt } = nextWindow(text, at, neededMs);
        const closedBefore = closesAt.getTime() - 7 * day;
        expect(Math.max(at.getTime(), opensAt.getTime() - 7 * day) + neededMs).toBeGreaterThan(closedBefore);
      }),
    );
  });

  test('asking again when it opens finds the same one', () => {
    fc.assert(
      fc.property(window, now, share, (text, at, part) => {
        const neededMs = Math.floor(part * windowLengthMs(text));
        const found = nextWindow(text, at, neededMs);
        const later = new Date(Math.max(at.getTime(), found.opensAt.getTime()));
        expect(nextWindow(text, later, neededMs)).toEqual(found);
      }),
    );
  });
});
