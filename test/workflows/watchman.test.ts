import { expect, test } from 'vitest';
import type { ScheduleReport, WatchmanReport } from '../../src/contracts/night.ts';
import { aPush, digest } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { type NightScene, nightScene } from '../support/nights.ts';
import { backup } from './fixtures/nights.ts';

const memory = inProcess({ backup });

/** An instance with all its schedules; of its jobs only the backup has ever reported, a while ago. */
function scene(act: (scene: NightScene) => Promise<void>): Promise<void> {
  const served = async (night: NightScene) => {
    const blueprint = { name: 'stack', version: '1.0.0', digest, ...aPush() };
    const stored = JSON.stringify({ ...blueprint, pushedAt: '2026-11-01T00:00:00.000Z' });
    await night.objects.put('blueprints/stack/1.0.0.json', stored, { ifAbsent: false });
    await (await night.start('schedule', {})).result();
    await act(night);
  };
  return nightScene(memory, 1, served);
}

const id = (night: NightScene, job: string) => `night/${night.instances[0]}/${job}`;
const round = async (night: NightScene): Promise<WatchmanReport> => (await night.start('watchman', {})).result();
const events = ({ notifier }: NightScene) => notifier.told.map(({ event, details }) => `${event} ${details['job']}`);

/** The schedule of the backup was made three days ago. */
function isOld(night: NightScene, more: object = {}): void {
  const schedule = night.scheduler.schedules.get(id(night, 'backup'));
  if (schedule === undefined) throw new Error('no schedule');
  const changedAt = new Date(Date.now() - 3 * 24 * 3_600_000);
  night.scheduler.schedules.set(id(night, 'backup'), { ...schedule, changedAt, ...more });
}

test('apply makes the schedules of all instances, and the watchman finds nothing to say', () =>
  scene(async (night) => {
    expect([...night.scheduler.schedules.keys()]).toContain(id(night, 'backup'));
    expect([...night.scheduler.schedules.keys()]).toContain('drydock/watchman');
    const again: ScheduleReport = await (await night.start('schedule', { dryRun: true })).result();
    expect(again).toMatchObject({ outcome: 'planned' });
    expect(new Set(again.changes.map(({ change }) => change))).toEqual(new Set(['unchanged']));
    expect(await round(night)).toMatchObject({ overlooked: [], problems: [] });
    expect(events(night)).toEqual([]);
  }));

test('a job that never ran is reported once, and its instance knows of it', () =>
  scene(async (night) => {
    isOld(night);
    expect(await round(night)).toMatchObject({ overlooked: [{ outcome: { job: 'backup', outcome: 'missed' } }] });
    expect(await round(night)).toMatchObject({ overlooked: [] });
    expect(events(night)).toEqual(['night-job-missed backup']);
    expect((await night.state()).nights['backup']).toMatchObject({ outcome: 'missed' });
  }));

test('a paused schedule is no excuse: each night of it is reported, with the note', () =>
  scene(async (night) => {
    isOld(night, { paused: true, note: 'holidays' });
    await round(night);
    expect(night.notifier.told[0]?.details).toMatchObject({ why: expect.stringContaining('is paused (holidays)') });
  }));

test('wrong schedules are told once, and once more when they are right again', () =>
  scene(async (night) => {
    night.scheduler.schedules.delete(id(night, 'verify'));
    await round(night);
    await round(night);
    expect(events(night)).toEqual(['night-job-failed schedules']);
    expect((await night.state()).nights['schedules']?.next).toBe(`drydock schedule apply ${night.instances[0]}`);
    await (await night.start('schedule', { instance: night.instances[0] })).result();
    await round(night);
    expect(events(night)).toEqual(['night-job-failed schedules', 'night-job-recovered schedules']);
  }));

test('an instance that cannot be looked at hides no other, and is told itself', () =>
  scene(async (night) => {
    await night.objects.remove(['blueprints/stack/1.0.0.json']);
    const { problems } = await round(night);
    expect(problems).toEqual([
      expect.stringContaining(`look at ${night.instances[0]}: look for blueprint stack@1.0.0`),
    ]);
    expect(night.notifier.told.map(({ event }) => event)).toEqual(['nights-unattended']);
  }));

test('a time that was left out before a run is told by the run', () =>
  scene(async (night) => {
    isOld(night);
    const daily = { every: 'day', at: '00:00', zone: 'UTC' };
    const midnight = new Date();
    midnight.setUTCHours(0, 0, 0, 0);
    const days = (count: number) => new Date(midnight.getTime() + count * 24 * 3_600_000).toISOString();
    const job = { when: daily, beginWithinMinutes: 24 * 60, request: { minutes: 0 } };
    await night.night({ ...job, dueAt: days(-3) });
    await night.night({ ...job, dueAt: days(0) });
    const last = night.notifier.told.at(-1);
    expect(last?.text).toContain(`did not run 2 times before this one, first at ${days(-2)}`);
  }));
