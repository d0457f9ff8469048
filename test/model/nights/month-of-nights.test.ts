import { describe, expect, test } from 'vitest';
import type { Hold, NightOutcome } from '../../../src/contracts/night.ts';
import { beginBy } from '../../../src/model/nights/night-job.ts';
import { count, instances, month, type Run } from '../../support/month-of-nights.ts';

/** Nobody repeats captures that an outage swallowed. The watchman reports the loss, or the next capture, or both. */
function onlyCaptures(reported: readonly (NightOutcome & { instance: string })[]): void {
  expect(new Set(reported.map(({ job }) => job))).toEqual(new Set(['capture-queue']));
  const told = Object.values(count(reported, ({ instance }) => instance));
  expect(told).toHaveLength(50);
  expect(Math.max(...told)).toBeLessThanOrEqual(2);
}

describe('a month of nights of 50 instances on 5 hosts', () => {
  const { runs, reported } = month({ from: '2026-11-01T00:00:00Z', days: 28 });

  test('every schedule fires, every job is done in its night, and nobody is disturbed', () => {
    expect(count(runs, ({ outcome }) => outcome)).toEqual({ done: runs.length });
    const backups = runs.filter(({ job }) => job.job === 'backup');
    expect(count(backups, ({ instance }) => instance)).toEqual(
      Object.fromEntries(instances.map(({ instance, tier }) => [instance, tier === 'premium' ? 28 : 4])),
    );
    expect(runs.filter(({ job }) => job.job === 'capture-queue')).toHaveLength(50 * 28 * 48);
    expect(reported).toEqual([]);
  });

  test('no host ever does two heavy jobs at once, and none begins after its night', () => {
    for (const host of ['h0', 'h1', 'h2', 'h3', 'h4']) {
      const heavy = runs.filter((run) => run.host === host && run.job.turn === 'host');
      for (const [index, run] of heavy.entries())
        expect(run.began).toBeGreaterThanOrEqual(heavy[index - 1]?.ended ?? 0);
    }
    for (const { job, dueAt, began } of runs) expect(began).toBeLessThanOrEqual(beginBy(job, dueAt).getTime());
  });
});

test('after an outage that ends within the night, what it kept from beginning begins then', () => {
  const { runs, reported } = month({
    ...{ from: '2026-11-01T00:00:00Z', days: 4, outage: { from: '2026-11-02T23:30:00Z', hours: 5 } },
  });
  const nightly = runs.filter(({ job, instance }) => job.job === 'backup' && Number(instance.slice(7)) % 2 === 0);
  const late = nightly.filter(
    ({ dueAt, began }) => began - dueAt.getTime() > 0 && dueAt.toISOString().startsWith('2026-11-03'),
  );
  expect(late).toHaveLength(25);
  expect(count(late, ({ outcome }) => outcome)).toEqual({ done: 25 });
  expect(nightly).toHaveLength(4 * 25);
  onlyCaptures(reported);
});

test('after an outage of five hours over the whole night, every job of it is reported as missed, and none begins by day', () => {
  const { runs, reported } = month({
    ...{ from: '2026-11-01T00:00:00Z', days: 4, outage: { from: '2026-11-03T02:30:00Z', hours: 5 } },
  });
  const isOfThatNight = ({ dueAt, job }: Run) => job.job === 'backup' && dueAt.toISOString().startsWith('2026-11-03');
  const backups = runs.filter(isOfThatNight);
  expect(backups.length).toBeGreaterThanOrEqual(25);
  expect(count(backups, ({ outcome }) => outcome)).toEqual({ missed: backups.length });
  const day = (time: number) => new Date(time).toISOString();
  const begun = runs.filter(
    ({ outcome, job, began }) => outcome === 'done' && job.turn === 'host' && day(began) >= '2026-11-03T07:00',
  );
  expect(begun.every(({ began }) => day(began) >= '2026-11-04T03:00')).toBe(true);
  onlyCaptures(reported); // each job of the night began too late, and reported that itself
});

test('after an outage of two days the nights that Temporal no longer starts are reported, once for each job', () => {
  const { runs, reported } = month({
    ...{ from: '2026-11-01T00:00:00Z', days: 5, outage: { from: '2026-11-02T02:00:00Z', hours: 51 } },
  });
  const premium = ({ instance }: { instance: string }) => Number(instance.slice(7)) % 2 === 0;
  const backups = reported.filter((one) => one.job === 'backup' && premium(one));
  expect(new Set(backups.map(({ instance }) => instance)).size).toBe(25);
  expect(backups).toHaveLength(25);
  const third = runs.filter(
    ({ job, dueAt, instance }) =>
      job.job === 'backup' && premium({ instance }) && dueAt.toISOString().startsWith('2026-11-04'),
  );
  // Late backups wait in one line on their host, behind drills too: some do not begin before the night is over.
  const { done = 0, missed = 0 } = count(third, ({ outcome }) => outcome);
  expect(done + missed).toBe(25);
  expect(done).toBeGreaterThanOrEqual(20);
});

test('the jobs of a frozen instance are held until the hold ends, and those of the others go on', () => {
  const hold: Hold = { reason: 'audit', since: '2026-11-05T12:00:00.000Z', until: '2026-11-10T12:00:00.000Z' };
  const { runs, reported } = month({ from: '2026-11-05T12:00:00Z', days: 10, holds: { 'client-0': hold } });
  const own = runs.filter(({ instance }) => instance === 'client-0');
  for (const { began, outcome } of own) expect(outcome).toBe(began < Date.parse(hold.until) ? 'held' : 'done');
  expect(own.filter(({ job }) => job.job === 'backup').map(({ outcome }) => outcome)).toEqual([
    ...Array(5).fill('held'),
    ...Array(5).fill('done'),
  ]);
  expect(runs.filter(({ instance }) => instance !== 'client-0').every(({ outcome }) => outcome === 'done')).toBe(true);
  expect(reported).toEqual([]);
});

test.each([
  ['2027-03-20T00:00:00Z', '2027-03-28', 1],
  ['2026-10-17T00:00:00Z', '2026-10-25', 2],
])('a night in Berlin in which clocks change (from %s) has every job once', (from, changes, offsetAfter) => {
  const { runs, reported } = month({ zone: 'Europe/Berlin', from, days: 16 });
  expect(count(runs, ({ outcome }) => outcome)).toEqual({ done: runs.length });
  const backups = runs.filter(({ job, instance }) => job.job === 'backup' && instance === 'client-0');
  expect(backups).toHaveLength(16);
  const [before, after] = [changes > '2027' ? 2 : 1, offsetAfter];
  for (const { dueAt } of backups) {
    const hour = dueAt.getUTCHours();
    expect(hour).toBe(dueAt.toISOString() < changes ? before : after);
  }
  expect(reported).toEqual([]);
});
