import type { Client } from '@temporalio/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createScheduler } from '../../src/activities/nights/scheduler.ts';
import { listSchedules } from '../../src/client/schedules.ts';
import { describeSchedules } from '../../src/client/words/schedules.ts';
import type { Firing } from '../../src/contracts/night.ts';
import { startRealTime } from '../support/temporal.ts';

/** A Temporal that lists these schedules, each with the times at which it will fire. */
function clientWith(schedules: Record<string, readonly string[]>): Client {
  const list = async function* () {
    for (const [scheduleId, times] of Object.entries(schedules)) {
      const info = { nextActionTimes: times.map((time) => new Date(time)), recentActions: [] };
      yield { scheduleId, info, state: { paused: false } };
    }
  };
  return { schedule: { list } } as unknown as Client;
}

describe('the list of schedules', () => {
  test.each([
    ['day', '2026-12-01T03:20:00Z', '2026-12-02T03:20:00Z'],
    ['day', '2027-03-27T02:30:00Z', '2027-03-28T01:30:00Z'],
    ['day', '2027-10-30T01:30:00Z', '2027-10-31T02:30:00Z'],
    ['week', '2026-12-06T03:20:00Z', '2026-12-13T03:20:00Z'],
    ['week', '2027-03-22T02:30:00Z', '2027-03-29T01:30:00Z'],
    ['30 min', '2026-12-01T03:07:00Z', '2026-12-01T03:37:00Z'],
    ['12 h', '2026-12-01T03:07:00Z', '2026-12-01T15:07:00Z'],
  ])('says every %s of one that fires on %s and on %s', async (every, first, second) => {
    const [view] = await listSchedules(clientWith({ 'night/pharma/backup': [first, second] }), 'pharma');
    expect(view).toMatchObject({ every });
  });

  test('does not say how often of one that will not fire again', async () => {
    const views = await listSchedules(clientWith({ 'night/pharma/backup': ['2026-12-01T03:20:00Z'] }));
    expect(views).toEqual([{ id: 'night/pharma/backup', nextAt: '2026-12-01T03:20:00.000Z' }]);
    expect(describeSchedules(views)).toMatch(/^night\/pharma\/backup +— +2026-12-01 03:20 +—$/m);
  });

  test('is ordered, and has only those of the instance', async () => {
    const client = clientWith({
      'night/pharma/drill': [],
      'night/pharma/backup': [],
      'night/sap/backup': [],
      other: [],
    });
    const views = await listSchedules(client, 'pharma');
    expect(views.map(({ id }) => id)).toEqual(['night/pharma/backup', 'night/pharma/drill']);
  });

  test('is what Temporal makes of our schedules, also of one that was changed', async () => {
    const temporal = await startRealTime();
    onTestFinished(() => temporal.close());
    const { client } = temporal.env;
    const scheduler = createScheduler(() => client);
    const becomes = async (every: string, when: Firing) => {
      await scheduler.put({ id: 'night/pharma/backup', when, workflow: 'nightJob', input: {}, catchupMinutes: 60 });
      const listed = () => listSchedules(client, 'pharma');
      await expect.poll(listed, { timeout: 20_000 }).toMatchObject([{ id: 'night/pharma/backup', every }]);
    };
    await becomes('day', { every: 'day', at: '03:20', zone: 'UTC' });
    await becomes('week', { every: 'week', day: 'sunday', at: '03:20', zone: 'Europe/Berlin' });
    await becomes('30 min', { every: 'interval', minutes: 30, offset: 7 });
  }, 60_000);
});
