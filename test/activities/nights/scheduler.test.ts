import { getClient } from '@temporalio/activity';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLifeActivities } from '../../../src/activities/catalogue/lives.ts';
import { createLeases } from '../../../src/activities/claims/leases.ts';
import { createTurns } from '../../../src/activities/claims/turns.ts';
import { createNightActivities } from '../../../src/activities/nights/nights.ts';
import { createScheduler, type Scheduler } from '../../../src/activities/nights/scheduler.ts';
import { Blueprint } from '../../../src/contracts/blueprint.ts';
import { InstanceName } from '../../../src/contracts/ids.ts';
import type { InstanceState } from '../../../src/contracts/lease.ts';
import type { Firing, NightSource, ScheduleReport, WantedSchedule } from '../../../src/contracts/night.ts';
import { firings } from '../../../src/model/nights/firings.ts';
import { wantedSchedules } from '../../../src/model/nights/night.ts';
import { scheduleChanges } from '../../../src/model/nights/schedule-changes.ts';
import { aBlueprint, aManifest, aPush, digest, someFacts } from '../../support/builders.ts';
import { createFakeObjectStore } from '../../support/fakes/object-store.ts';
import { type OnServer, startRealTime } from '../../support/temporal.ts';

const taskQueue = 'drydock';
let temporal: OnServer;
let scheduler: Scheduler;
beforeAll(async () => {
  temporal = await startRealTime();
  scheduler = createScheduler(() => temporal.env.client, taskQueue);
});
afterAll(() => temporal?.close());

function wanted(instance: string, zone = 'UTC'): WantedSchedule[] {
  const blueprint = Blueprint.parse({
    ...aBlueprint({ stores: ['graph', 'vectors', 'queue', 'files'] }),
    nights: { zone },
  });
  return wantedSchedules({ instance, host: 'h1', tier: 'standard' } as NightSource, blueprint);
}

async function present(ids: readonly string[]) {
  const found = await Promise.all(ids.map((id) => scheduler.look(id)));
  return found.filter((one) => one !== undefined);
}

const idsOf = (schedules: readonly WantedSchedule[]) => schedules.map(({ id }) => id);

test('what Temporal says of our schedules is what was asked of it, word for word', async () => {
  const all = wanted('pharma', 'Europe/Berlin');
  for (const one of all) await scheduler.put(one);
  const found = await present(idsOf(all));
  expect(found.map(({ as }) => as)).toEqual(all);
  expect(scheduleChanges(all, found).map(({ change }) => change)).toEqual(all.map(() => 'unchanged'));
  await expect.poll(() => scheduler.ids('night/pharma/'), { timeout: 20_000 }).toEqual(idsOf(all).sort());
  for (const { id } of all) {
    await scheduler.remove(id);
    await scheduler.remove(id);
  }
  expect(await present(idsOf(all))).toEqual([]);
});

test.each<[string, Firing]>([
  ['a safe time of Berlin', { every: 'day', at: '03:30', zone: 'Europe/Berlin' }],
  ['a time that Berlin skips once and shows twice once', { every: 'day', at: '02:30', zone: 'Europe/Berlin' }],
  ['a week in New York', { every: 'week', day: 'sunday', at: '03:10', zone: 'America/New_York' }],
  ['hours', { every: 'interval', minutes: 360, offset: 17 }],
])('Temporal fires when the model says so, also when clocks change: %s', async (_, when) => {
  const schedule: WantedSchedule = {
    id: 'night/clock/backup',
    when,
    workflow: 'nightJob',
    input: {},
    catchupMinutes: 60,
  };
  await scheduler.put(schedule);
  const { workflowService } = temporal.env.client;
  const { namespace } = temporal.env.client.options;
  for (const [from, to] of [
    ['2027-03-01', '2027-04-05'],
    ['2027-10-20', '2027-11-20'],
  ] as const) {
    const matching = await workflowService.listScheduleMatchingTimes({
      namespace,
      scheduleId: schedule.id,
      startTime: { seconds: Date.parse(from) / 1000 } as never,
      endTime: { seconds: Date.parse(to) / 1000 - 1 } as never,
    });
    const theirs = matching.startTime.map(({ seconds }) => new Date(Number(seconds) * 1000).toISOString());
    expect(theirs).toEqual(firings(when, new Date(from), new Date(to)).map((time) => time.toISOString()));
  }
  await scheduler.remove(schedule.id);
});

test('a schedule that somebody paused stays paused when it is changed; one changed by hand is put right', async () => {
  const [schedule] = wanted('sap') as [WantedSchedule];
  await scheduler.put(schedule);
  const handle = temporal.env.client.schedule.getHandle(schedule.id);
  await handle.pause('holidays');
  await handle.update((now) => ({ ...now, policies: { ...now.policies, overlap: ScheduleOverlapPolicy.ALLOW_ALL } }));
  const byHand = await present([schedule.id]);
  expect(byHand).toMatchObject([{ ours: true, paused: true, note: 'holidays' }]);
  expect(scheduleChanges([schedule], byHand)).toMatchObject([
    { change: 'change', words: expect.stringContaining('by hand') },
  ]);
  await scheduler.put(schedule);
  expect(await present([schedule.id])).toMatchObject([{ as: schedule, paused: true, note: 'holidays' }]);
  await scheduler.remove(schedule.id);
});

test('apply makes, changes and removes ours, leaves those of others, and a run knows the time it was due', async () => {
  const { client } = temporal.env;
  const objects = createFakeObjectStore();
  const blueprint = { name: 'stack', version: '1.0.0', digest, pushedAt: new Date().toISOString(), ...aPush() };
  await objects.put('blueprints/stack/1.0.0.json', JSON.stringify(blueprint), { ifAbsent: false });
  const manifest = aManifest();
  const told: object[] = [];
  const control = {
    ...createLeases(getClient, taskQueue),
    ...createTurns(getClient, taskQueue),
    ...createLifeActivities(getClient, objects),
    ...createNightActivities(getClient, createScheduler(getClient, taskQueue), objects),
    notify: async (notice: object) => void told.push(notice),
    readManifest: async () => manifest,
    verifySet: async () => undefined,
    recordEvidence: async () => ({ key: 'none', sha256: 'ab'.repeat(32) }),
    writeJournal: async () => ({ key: 'none' }),
  };
  await client.schedule.create({
    scheduleId: 'night/acme/theirs',
    spec: { intervals: [{ every: '30 days' }] },
    action: { type: 'startWorkflow', workflowType: 'theirs', taskQueue: 'theirs' },
  });
  await temporal.withWorkers({ control, taskQueue }, async () => {
    const facts = someFacts({ instance: 'acme', tier: 'premium' });
    const entity = await client.workflow.start('instance', {
      taskQueue,
      workflowId: 'instance/acme',
      args: [{ facts, lastToken: 0, waiting: [] }],
    });
    const apply = async (request: object): Promise<string[]> => {
      const options = { taskQueue, workflowId: `schedule-${Math.random()}`, args: [request] };
      const report: ScheduleReport = await client.workflow.execute('schedule', options);
      return report.changes.map(({ change, id }) => `${change} ${id}`).sort();
    };
    const made = await apply({ instance: 'acme' });
    expect(made).toContain('create night/acme/backup');
    expect(made).toContain('create drydock/watchman');
    expect(await apply({ instance: 'acme', dryRun: true })).toEqual(
      made.map((line) => line.replace('create', 'unchanged')),
    );

    // One run now, as the schedule starts it.
    const request = { set: manifest.set };
    const input = { instance: 'acme', job: 'verify', procedure: 'verify', request };
    await scheduler.put({
      ...{ id: 'night/acme/verify', workflow: 'nightJob', input, catchupMinutes: 60 },
      when: { every: 'day', at: '03:00', zone: 'UTC' },
    });
    const before = Date.now();
    await client.schedule.getHandle('night/acme/verify').trigger();
    const verify = async () => (await entity.query<InstanceState>('state')).nights['verify'];
    await expect.poll(verify, { timeout: 30_000 }).toMatchObject({ outcome: 'done' });
    const outcome = await verify();
    expect(outcome?.workflowId).toMatch(/^night\/acme\/verify-\d{4}-/);
    expect(Math.abs(Date.parse(outcome?.dueAt ?? '') - before)).toBeLessThan(10_000);
    expect(told).toEqual([]);

    const off = createNightActivities(() => client, scheduler, objects, 'off');
    const { changes } = await off.planSchedules({ instance: InstanceName.parse('acme') });
    expect(new Set(changes.map(({ change }) => change))).toEqual(new Set(['delete']));

    const { removeSchedules } = createNightActivities(() => client, scheduler, objects);
    await removeSchedules({ instance: InstanceName.parse('acme') });
    await expect.poll(() => scheduler.ids('night/acme/'), { timeout: 20_000 }).toEqual(['night/acme/theirs']);
    await entity.terminate();
  });
  await client.schedule.getHandle('night/acme/theirs').delete();
});
