import { beforeEach, describe, expect, test } from 'vitest';
import { journalKey } from '../../../src/activities/catalogue/journal.ts';
import type { JournalEntry } from '../../../src/contracts/journal.ts';
import { aManifest, anIdentity, digest } from '../../support/builders.ts';
import { anEntry, at } from '../../support/month-cases.ts';
import { createWorld, type MemoryWorld } from '../../support/world-in-memory.ts';

const instance = 'pharma';

let world: MemoryWorld;
beforeEach(() => {
  world = createWorld();
});

/** Writes the entry of a procedure that ended on that day of November. */
const entry = (procedure: string, day: number, result: object, outcome = 'done', more: object = {}) =>
  world.catalogue.writeJournal(anEntry(procedure, day, { endedAt: at(day), result, outcome, ...more }));

describe('a notice', () => {
  const notice = { event: 'upgrade-begins', instance, text: 'it begins', details: { plan: 'abc' } };

  test('is told, and its outcome answered', async () => {
    expect(await world.catalogue.notify(notice)).toMatchObject({ event: 'upgrade-begins', outcome: 'sent' });
    expect(world.notifier.told).toMatchObject([notice]);
    world.notifier.listening = 'nobody';
    expect(await world.catalogue.notify(notice)).toMatchObject({ outcome: 'nobody-to-tell' });
  });

  test('that is not taken may be tried again', async () => {
    world.notifier.listening = 'no';
    await expect(world.catalogue.notify(notice)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('how long writing was off', () => {
  const history = () => world.catalogue.upgradeHistory({ of: anIdentity() });

  test('is not known of an instance without a past', async () => {
    expect(await history()).toEqual({});
  });

  test('is what the last backup says, and what the last upgrade says when there was one', async () => {
    await entry('backup', 10, { barrierMs: 4000 });
    await entry('backup', 11, { barrierMs: 5000.4 });
    expect(await history()).toEqual({ readOnlyMs: 5000 });
    await entry('backup', 10, { barrierMs: 900, withoutStores: ['queue'] }); // a capture of some stores is shorter
    expect(await history()).toEqual({ readOnlyMs: 5000 });
    await entry('upgrade', 10, { readOnlyMs: 43_000 });
    await entry('upgrade', 12, { readOnlyMs: 0 }); // This upgrade did not stop writes.
    await entry('upgrade', 13, { readOnlyMs: 99_000 }, 'failed');
    expect(await history()).toEqual({ readOnlyMs: 43_000 });
  });

  test('is not asked of an entry that somebody has spoilt', async () => {
    await entry('backup', 10, { barrierMs: 4000 });
    const spoilt = { instance, startedAt: '2026-11-11T03:00:00.000Z', procedure: 'backup', outcome: 'done' };
    const key = journalKey(spoilt as JournalEntry);
    world.bucket.objects.set(key, { body: Buffer.from('{'), modifiedAt: new Date() });
    expect(await history()).toEqual({ readOnlyMs: 4000 });
  });
});

describe('a recent set', () => {
  const now = () => new Date().toISOString();
  const recent = (changes: object = {}) =>
    world.catalogue.recentSet({ of: anIdentity(), maxAgeHours: 24, ...changes } as never);

  test('is the newest, if it is young enough and of the same blueprint', async () => {
    expect(await recent()).toEqual({});
    await world.catalogue.commitManifest({ manifest: aManifest({ createdAt: now() }) });
    expect(await recent()).toEqual({ set: aManifest().set });
    expect(await recent({ blueprint: digest })).toEqual({ set: aManifest().set });
    expect(await recent({ blueprint: 'ef'.repeat(32) })).toEqual({});
    expect(await recent({ maxAgeHours: -1 })).toEqual({});
  });

  test.each([
    ['restore', {}],
    ['rollback', { plan: { way: 'on-copy' } }],
  ])('is not one of the data that a %s has put away', async (procedure, more) => {
    await entry(procedure, 10, {}, 'done', more);
    const at = (time: string) => aManifest({ createdAt: time, set: `${time.replaceAll(/[-:]|\.\d+/g, '')}-00000001` });
    const before = at('2026-11-10T02:00:00.000Z');
    await world.catalogue.commitManifest({ manifest: before });
    const ever = { maxAgeHours: 1_000_000 };
    expect(await recent(ever)).toEqual({});
    const after = at('2026-11-11T02:00:00.000Z');
    await world.catalogue.commitManifest({ manifest: after });
    expect(await recent(ever)).toEqual({ set: after.set });
  });

  test.each([
    ['restore', { request: { instance, as: 'other' } }],
    ['rollback', { plan: { way: 'beside' } }],
  ])('may be older than a %s that left the data where it was', async (procedure, more) => {
    await world.catalogue.commitManifest({ manifest: aManifest({ createdAt: '2026-11-09T02:00:00.000Z' }) });
    await entry(procedure, 10, {}, 'done', more);
    expect(await recent({ maxAgeHours: 1_000_000 })).toEqual({ set: aManifest().set });
  });
});
