import { expect, test } from 'vitest';
import { brokenDays, offsetMs } from '../../../src/model/nights/zones.ts';
import { count, month } from '../../support/month-of-nights.ts';

const dayMs = 24 * 60 * 60_000;
const days = Array.from({ length: 365 }, (_, day) => Date.UTC(2027, 0, 1) + day * dayMs);

/** One zone of each kind of clock, and the days of 2027 on which it changes. */
const zones = new Map(
  Intl.supportedValuesOf('timeZone').map((zone) => {
    const offsets = days.map((day) => offsetMs(zone, day));
    const changes = days.filter((_, day) => day > 0 && offsets[day] !== offsets[day - 1]);
    return [offsets.join(' '), { zone, changes }];
  }),
);
/** A night in which clocks change is refused when a blueprint is checked (src/model/check/check-nights.ts). */
const accepted = [...zones.values()].filter(({ zone }) => brokenDays(zone, 3 * 60, 4 * 60).length === 0);

test('zones are of many kinds', () => expect(accepted.length).toBeGreaterThan(40));

test.each(accepted)('in $zone every job of a week is done once, whatever clocks do', ({ zone, changes }) => {
  for (const change of changes.length > 0 ? changes : [Date.UTC(2027, 2, 28)]) {
    const { runs, reported } = month({ zone, from: new Date(change - 4 * dayMs).toISOString(), days: 8 });
    expect(count(runs, ({ outcome }) => outcome)).toEqual({ done: runs.length });
    expect(reported).toEqual([]);
    const backups = runs.filter(({ job, instance }) => job.job === 'backup' && instance === 'client-0');
    const due = backups.map(({ dueAt }) => dueAt.getTime()).sort((one, other) => one - other);
    expect(due.length).toBeGreaterThanOrEqual(7);
    for (const [index, at] of due.slice(1).entries()) {
      const last = due[index] ?? 0;
      // Always at the time that clocks show: some are set by two hours.
      const setBy = offsetMs(zone, at) - offsetMs(zone, last);
      expect(at - last + setBy, new Date(at).toISOString()).toBe(dayMs);
    }
  }
});
