import { expect, test } from 'vitest';
import type { PresentSchedule, WantedSchedule } from '../../../src/contracts/night.ts';
import { scheduleChanges } from '../../../src/model/nights/schedule-changes.ts';

const wanted: WantedSchedule = {
  id: 'night/pharma/backup',
  when: { every: 'day', at: '03:17', zone: 'UTC' },
  workflow: 'nightJob',
  input: { instance: 'pharma', job: 'backup', request: { reason: 'scheduled' } },
  catchupMinutes: 1440,
};

function present(as: WantedSchedule | undefined, more: Partial<PresentSchedule> = {}): PresentSchedule {
  return { id: as?.id ?? wanted.id, ours: true, paused: false, ...(as === undefined ? {} : { as }), ...more };
}

function changes(now: PresentSchedule[], asked: WantedSchedule[] = [wanted]): string[] {
  return scheduleChanges(asked, now).map(({ id, change, words }) => `${change} ${id}: ${words}`);
}

test('what is missing is created, what is no longer asked for is deleted', () => {
  expect(changes([])).toEqual(['create night/pharma/backup: daily at 03:17 UTC']);
  expect(changes([present(wanted)], [])).toEqual(['delete night/pharma/backup: is no longer asked for']);
});

test('a schedule that is as it should be is unchanged, whatever the order of its fields and whether it is paused', () => {
  const input = { request: { reason: 'scheduled' }, job: 'backup', instance: 'pharma' };
  expect(changes([present({ ...wanted, input }, { paused: true, note: 'audit' })])).toEqual([
    'unchanged night/pharma/backup: daily at 03:17 UTC',
  ]);
});

test.each<[string, Partial<WantedSchedule>]>([
  ['daily at 04:00 UTC → daily at 03:17 UTC', { when: { every: 'day', at: '04:00', zone: 'UTC' } }],
  ['daily at 03:17 Europe/Berlin → daily at 03:17 UTC', { when: { every: 'day', at: '03:17', zone: 'Europe/Berlin' } }],
  ['another input', { input: { instance: 'pharma', job: 'backup' } }],
  ['late by up to 60 min → 1440 min', { catchupMinutes: 60 }],
])('a difference is said: %s', (words, was) => {
  expect(changes([present({ ...wanted, ...was })])).toEqual([`change night/pharma/backup: ${words}`]);
});

test('a schedule of ours with content that ours never have was changed by hand', () => {
  expect(changes([present(undefined)])).toEqual([
    'change night/pharma/backup: was changed by hand; daily at 03:17 UTC again',
  ]);
});

test('a foreign schedule is never deleted, and never changed: its id is refused', () => {
  const foreign = present(undefined, { ours: false });
  expect(changes([foreign], [])).toEqual([]);
  expect(() => changes([foreign])).toThrow(/1 ids belong to schedules of somebody else/);
});
