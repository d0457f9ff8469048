import { expect, test } from 'vitest';
import type { Firing } from '../../../src/contracts/night.ts';
import { firings, firingWords, lastFiring } from '../../../src/model/nights/firings.ts';
import { brokenDays, isZone } from '../../../src/model/nights/zones.ts';

const nightly = (at: string, zone: string): Firing => ({ every: 'day', at, zone });
const between = (when: Firing, from: string, to: string) =>
  firings(when, new Date(from), new Date(to)).map((time) => time.toISOString().slice(0, 16));

test('a night in a zone goes on by its clocks when they change', () => {
  const berlin = nightly('03:30', 'Europe/Berlin');
  expect(between(berlin, '2027-03-27T00:00Z', '2027-03-30T00:00Z')).toEqual([
    '2027-03-27T02:30',
    '2027-03-28T01:30', // clocks went from 02:00 to 03:00
    '2027-03-29T01:30',
  ]);
  expect(between(berlin, '2026-10-24T00:00Z', '2026-10-27T00:00Z')).toEqual([
    '2026-10-24T01:30',
    '2026-10-25T02:30', // and from 03:00 to 02:00
    '2026-10-26T02:30',
  ]);
});

test('a time that is skipped does not fire, and one that is shown twice fires once: as Temporal has it', () => {
  const broken = nightly('02:30', 'Europe/Berlin');
  expect(between(broken, '2027-03-27T12:00Z', '2027-03-28T12:00Z')).toEqual([]);
  expect(between(broken, '2026-10-24T12:00Z', '2026-10-25T12:00Z')).toEqual(['2026-10-25T01:30']);
});

test.each([
  ['Europe/Berlin', 150, 60, '2026-03-29'],
  ['Europe/Berlin', 180, 240, undefined],
  ['America/New_York', 120, 60, '2026-03-08'],
  ['America/New_York', 180, 240, undefined],
  ['America/Santiago', 0, 60, '2026-09-06'],
  ['Australia/Lord_Howe', 120, 15, '2026-10-04'],
  ['Asia/Kolkata', 0, 1425, undefined],
  ['UTC', 0, 1425, undefined],
])('in %s, from minute %i on for %i minutes, the first broken day is %s', (zone, from, length, first) => {
  expect(brokenDays(zone, from, length)[0]).toBe(first);
});

test('a zone that does not exist is none', () => {
  expect([isZone('Europe/Berlin'), isZone('UTC'), isZone('Europe/Atlantis')]).toEqual([true, true, false]);
});

test('weeks and intervals', () => {
  expect(between({ every: 'week', day: 'sunday', at: '03:05', zone: 'UTC' }, '2026-11-21', '2026-12-01')).toEqual([
    '2026-11-22T03:05',
    '2026-11-29T03:05',
  ]);
  expect(between({ every: 'interval', minutes: 360, offset: 17 }, '2026-11-21', '2026-11-22')).toEqual([
    '2026-11-21T00:17',
    '2026-11-21T06:17',
    '2026-11-21T12:17',
    '2026-11-21T18:17',
  ]);
});

test('the last firing is the one before, however long ago', () => {
  const weekly: Firing = { every: 'week', day: 'monday', at: '03:00', zone: 'Europe/Berlin' };
  expect(lastFiring(weekly, new Date('2026-11-22T12:00Z')).toISOString()).toBe('2026-11-16T02:00:00.000Z');
  expect(lastFiring(nightly('03:00', 'UTC'), new Date('2026-11-21T03:00Z')).toISOString()).toBe(
    '2026-11-20T03:00:00.000Z',
  );
  const hourly: Firing = { every: 'interval', minutes: 60, offset: 5 };
  expect(lastFiring(hourly, new Date('2026-11-21T03:04Z')).toISOString()).toBe('2026-11-21T02:05:00.000Z');
});

test('they are said in words', () => {
  expect(firingWords(nightly('03:17', 'UTC'))).toBe('daily at 03:17 UTC');
  expect(firingWords({ every: 'week', day: 'sunday', at: '03:17', zone: 'UTC' })).toBe('on sundays at 03:17 UTC');
  expect(firingWords({ every: 'interval', minutes: 60, offset: 5 })).toBe('every 1 h, at minute 5');
});
