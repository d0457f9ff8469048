import { describe, expect, test } from 'vitest';
import { type Firing, type Hold, NightJob, type NightOutcome } from '../../../src/contracts/night.ts';
import {
  beginBy,
  endingOfError,
  endingOfReport,
  eventOf,
  isHeld,
  reasonNotToBegin,
  startByHand,
} from '../../../src/model/nights/night-job.ts';
import { type JobSight, overlooked } from '../../../src/model/nights/overlooked.ts';

const dueAt = new Date('2026-11-21T03:17:00.000Z');
const job = NightJob.parse({ instance: 'pharma', job: 'backup', procedure: 'backup', beginWithinMinutes: 223 });
const every: Firing = { every: 'interval', minutes: 30, offset: 7 };
const capture = NightJob.parse({ ...job, job: 'capture-queue', beginWithinMinutes: 27, when: every });
const hold: Hold = {
  reason: 'audit',
  since: '2026-11-20T12:00:00.000Z',
  until: '2026-11-22T12:00:00.000Z',
};
const serving = { status: 'serving' };
const at = (time: string) => new Date(`2026-11-21T${time}:00.000Z`);

describe('a job', () => {
  test('begins until its time is over, and is missed after that', () => {
    expect(beginBy(job, dueAt).toISOString()).toBe('2026-11-21T07:00:00.000Z');
    expect(reasonNotToBegin(job, dueAt, serving, at('03:17'))).toBeUndefined();
    expect(reasonNotToBegin(job, dueAt, serving, at('07:00'))).toBeUndefined();
    expect(reasonNotToBegin(job, dueAt, serving, at('08:17'))).toEqual({
      outcome: 'missed',
      why: 'could only begin 5 h after its time, and may begin within 3 h 43 min',
      next: 'drydock backup pharma',
    });
  });

  test('is held while a hold lasts, and only the jobs that it names', () => {
    expect(reasonNotToBegin(job, dueAt, { ...serving, hold }, dueAt)).toMatchObject({
      outcome: 'held',
      why: 'held until 2026-11-22T12:00:00.000Z: audit',
    });
    expect(isHeld(hold, 'backup', new Date(hold.until))).toBe(false);
    expect(isHeld({ ...hold, jobs: ['drill'] }, 'backup', dueAt)).toBe(false);
    expect(isHeld({ ...hold, jobs: ['drill'] }, 'drill', dueAt)).toBe(true);
  });

  test('is missed where the instance does not serve', () => {
    expect(reasonNotToBegin(job, dueAt, { status: 'decommissioned' }, dueAt)).toMatchObject({
      outcome: 'missed',
      why: 'instance pharma is decommissioned',
    });
  });

  test('that waited too long is missed, any other error is a failure', () => {
    expect(endingOfError(job, 'lease-timeout', 'waited', undefined)).toMatchObject({
      outcome: 'missed',
      why: 'waited',
    });
    expect(endingOfError(job, 'no-space', 'full', 'make room')).toEqual({
      outcome: 'failed',
      why: 'full',
      next: 'make room',
    });
  });

  test('says that it did a part', () => {
    expect(endingOfReport(job, { outcome: 'partial', why: 'the window ended' })).toMatchObject({
      outcome: 'partial',
      why: 'the window ended',
    });
    for (const report of [undefined, {}, { outcome: 'applied' }]) {
      expect(endingOfReport(job, report)).toEqual({ outcome: 'done' });
    }
  });

  test.each([
    [{ procedure: 'backup', request: {} }, 'drydock backup pharma'],
    [{ procedure: 'cleanup', request: { what: 'proto-kg' } }, 'drydock cleanup pharma proto-kg'],
    [{ procedure: 'retention', request: {} }, 'drydock retention apply pharma'],
    [
      { procedure: 'backup', request: { stores: ['queue'] } },
      'the next capture makes up for this one; to capture now: drydock backup pharma --stores queue',
    ],
  ])('is done by hand: %j', (changes, command) => {
    expect(startByHand(NightJob.parse({ ...job, ...changes }))).toBe(command);
  });
});

describe('somebody is told', () => {
  const last = (outcome: NightOutcome['outcome'], when = '2026-11-20T03:20:00.000Z'): NightOutcome => ({
    ...{ job: 'backup', outcome, at: when, dueAt: '2026-11-20T03:17:00.000Z' },
  });

  test('of all that was not done, and when it is done again', () => {
    for (const outcome of ['failed', 'missed', 'partial', 'held'] as const) {
      expect(eventOf({ outcome }, { hold }, job)).toBe(`night-job-${outcome}`);
      expect(eventOf({ outcome }, { last: last('done'), hold }, job)).toBe(`night-job-${outcome}`);
    }
    expect(eventOf({ outcome: 'failed' }, { last: last('failed') }, job)).toBe('night-job-failed');
    expect(eventOf({ outcome: 'done' }, { last: last('done') }, job)).toBeUndefined();
    expect(eventOf({ outcome: 'done' }, { last: last('failed') }, job)).toBe('night-job-recovered');
  });

  test('of a hold once, not every night', () => {
    for (const one of [job, capture]) {
      const known = (at: string) => ({ last: last('held', at), hold });
      expect(eventOf({ outcome: 'held' }, known('2026-11-20T13:00:00.000Z'), one)).toBeUndefined();
      expect(eventOf({ outcome: 'held' }, known('2026-11-20T03:20:00.000Z'), one)).toBe('night-job-held');
    }
  });

  test('of a capture that fails again and again once, until its outcome changes', () => {
    expect(eventOf({ outcome: 'failed' }, { last: last('done') }, capture)).toBe('night-job-failed');
    expect(eventOf({ outcome: 'failed' }, { last: last('failed') }, capture)).toBeUndefined();
    expect(eventOf({ outcome: 'missed' }, { last: last('failed') }, capture)).toBe('night-job-missed');
    expect(eventOf({ outcome: 'done' }, { last: last('failed') }, capture)).toBe('night-job-recovered');
  });
});

describe('a job of which nothing was heard', () => {
  const when: Firing = { every: 'day', at: '03:17', zone: 'UTC' };
  const done: NightOutcome = {
    job: 'backup',
    outcome: 'done',
    dueAt: '2026-11-20T03:17:00.000Z',
    at: '2026-11-20T03:40:00.000Z',
  };
  const schedule = { paused: false, changedAt: new Date('2026-10-01'), runs: false };
  const sight: JobSight = { job, when, last: done, schedule };

  test('is missed once it could have begun at the latest, and some minutes more', () => {
    expect(overlooked(sight, at('07:10'))).toBeUndefined();
    expect(overlooked(sight, at('07:11'))).toMatchObject({
      outcome: 'missed',
      dueAt: dueAt.toISOString(),
      why: 'did not run: Temporal or the control worker was away',
    });
  });

  test('is reported once', () => {
    const reported = overlooked(sight, at('08:00'));
    expect(overlooked({ ...sight, last: reported }, at('08:30'))).toBeUndefined();
  });

  test('of many a day is reported once, until it runs again', () => {
    const last: NightOutcome = { ...done, job: capture.job, dueAt: '2026-11-21T05:07:00.000Z' };
    const seen: JobSight = { job: capture, when: every, last, schedule };
    expect(overlooked(seen, at('06:13'))).toBeUndefined();
    const first = overlooked(seen, at('06:15'));
    expect(first).toMatchObject({ outcome: 'missed', dueAt: '2026-11-21T05:37:00.000Z' });
    for (const time of ['06:45', '09:15']) expect(overlooked({ ...seen, last: first }, at(time))).toBeUndefined();
    expect(overlooked(seen, at('09:15'))).toMatchObject({ outcome: 'missed' });
  });

  test('says how often in a row', () => {
    expect(overlooked(sight, new Date('2026-11-23T08:00Z'))?.why).toContain('it is the 3rd time in a row');
  });

  test('is left in peace while it runs, or when its schedule was made after its time', () => {
    expect(overlooked({ ...sight, schedule: { ...schedule, runs: true } }, at('09:00'))).toBeUndefined();
    const fresh = { ...sight, last: undefined, schedule: { ...schedule, changedAt: at('05:00') } };
    expect(overlooked(fresh, at('09:00'))).toBeUndefined();
    expect(overlooked(fresh, new Date('2026-11-22T09:00Z'))).toMatchObject({ outcome: 'missed' });
  });

  test('says that its schedule is paused, or gone', () => {
    const paused = { ...schedule, paused: true, note: 'holidays' };
    expect(overlooked({ ...sight, schedule: paused }, at('09:00'))?.why).toBe(
      'did not run: its schedule is paused (holidays)',
    );
    expect(overlooked({ ...sight, schedule: undefined }, at('09:00'))).toMatchObject({
      why: 'did not run: it has no schedule',
      next: 'drydock schedule apply pharma',
    });
    expect(overlooked({ ...sight, last: undefined, schedule: undefined }, at('09:00'))).toBeUndefined();
  });
});
