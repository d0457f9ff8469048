import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RetentionPlan } from '../../../src/contracts/retention.ts';
import { goneBasis, planRetention } from '../../../src/model/catalogue/plan-retention.ts';
import type { CataloguedSet, RetentionObservation } from '../../../src/model/catalogue/retention-observation.ts';
import { isWhole } from '../../../src/model/sets/whole-sets.ts';
import {
  anObservation,
  aSet,
  aTombstone,
  dayMs,
  hourMs,
  living,
  setOf,
  stores,
  verified,
} from '../../support/retention-cases.ts';

const now = Date.parse('2026-11-21T03:30:00.000Z');
const at = (ageDays: number) => new Date(now - ageDays * dayMs).toISOString();
const set = (ageDays: number, changes: Partial<CataloguedSet> = {}) => aSet(now, ageDays, changes);
const good = (ageDays: number) => set(ageDays, verified(now));
const aCapture = (ageDays: number, store: string, changes: Partial<CataloguedSet>) =>
  set(ageDays, { stores: [store], withoutStores: stores.filter((other) => other !== store), ...changes });
const capture = (ageDays: number) => aCapture(ageDays, 'graph', verified(now));
const plan = (changes: Partial<RetentionObservation>) => planRetention(anObservation(now, changes));

/** Ages in days of the sets that stay. */
function stays({ sets }: Pick<RetentionPlan, 'sets'>): number[] {
  const kept = sets.filter(({ verdict }) => verdict === 'keep');
  return kept.map(({ createdAt }) => Math.round((now - Date.parse(createdAt)) / dayMs));
}

function reasonsOf({ sets }: Pick<RetentionPlan, 'sets'>, ageDays: number): string[] {
  return sets.find((decision) => decision.set === setOf(now, ageDays))?.reasons ?? [];
}

describe('by the rules of the tier', () => {
  const daily = Array.from({ length: 40 }, (_, age) => good(age));

  test.each([
    ['standard', 7],
    ['premium', 30],
  ])('%s keeps %i days', (tier, days) => {
    expect(stays(plan({ basis: living({}, { tier }), sets: daily }))).toEqual(
      Array.from({ length: days + 1 }, (_, age) => age),
    );
  });

  test('a blueprint may keep the last of days, weeks and months beyond that', () => {
    const standard = { keepWithinDays: 1, keepDaily: 3, keepWeekly: 3, keepMonthly: 2 };
    const kept = plan({ basis: living({ standard, keepVerified: 1 }), sets: daily });
    // 21 November 2026 is a Saturday: the Sundays before are 6 and 13 days ago, the last of October 21.
    expect(stays(kept)).toEqual([0, 1, 2, 6, 13, 21]);
    expect(reasonsOf(kept, 2)).toEqual(['the last of the day 2026-11-19']);
    expect(reasonsOf(kept, 6)).toEqual(['the last of the week 2026-W46']);
    expect(reasonsOf(kept, 21)).toEqual(['the last of the month 2026-10']);
  });

  test('a set that goes says how old it is and what would have kept it', () => {
    expect(reasonsOf(plan({ sets: daily }), 9)).toEqual([
      '9 d old; tier standard keeps 7 d, and no other rule keeps it',
    ]);
  });

  test('the age is that of the younger of id and manifest', () => {
    const copied = set(60, { createdAt: at(2) });
    expect(plan({ sets: [good(0), good(40), good(41), good(42), copied] }).sets.at(-1)).toMatchObject({
      verdict: 'keep',
    });
  });
});

describe('however old they are', () => {
  test('the last three verified sets stay, and the newest one', () => {
    const kept = plan({ sets: [set(40), good(41), set(42), good(43), good(44), good(45)] });
    expect(stays(kept)).toEqual([40, 41, 43, 44]);
    expect(reasonsOf(kept, 40)).toEqual(['the newest set']);
    expect(reasonsOf(kept, 44)).toEqual(['one of the last 3 verified sets']);
  });

  test('while fewer are verified than wanted, the newest others stand in', () => {
    const kept = plan({ sets: [set(40), set(41), set(42), good(43), set(44)] });
    expect(stays(kept)).toEqual([40, 41, 43]);
    expect(reasonsOf(kept, 41)).toEqual(['only 1 of 3 sets are verified: it stands in for one']);
  });

  test('captures of one store do not push out whole sets', () => {
    const sets = [capture(10), capture(11), capture(12), capture(13), good(20), good(21), good(22), good(23)];
    const kept = plan({ sets });
    expect(stays(kept)).toEqual([10, 11, 12, 20, 21, 22]);
    expect(reasonsOf(kept, 20)).toEqual(['the newest set', 'one of the last 3 verified sets']);
    expect(reasonsOf(kept, 12)).toEqual(['one of the last captures of graph: no whole set is newer']);
  });

  test('a store that the blueprint no longer has keeps nothing', () => {
    const sets = [good(0), good(1), good(2), set(30, { stores: [...stores, 'queue'], ...verified(now) })];
    expect(stays(plan({ sets }))).toEqual([0, 1, 2]);
  });
});

describe('a capture', () => {
  test('stays for a day, whatever else there is, and goes after that when a whole set is newer', () => {
    const sets = [good(0), capture(0.5), capture(0.9), capture(1.1), good(1.2), good(1.3)];
    const kept = plan({ sets });
    const verdicts = kept.sets.map(({ verdict, reasons }) => `${verdict}: ${reasons.join('; ')}`);
    expect(verdicts.slice(1, 4)).toEqual([
      'keep: a capture of graph, not older than 1 d',
      'keep: a capture of graph, not older than 1 d',
      'delete: 26 h old; a capture of graph stays for 1 d, or while it is one of the last and no whole set is newer',
    ]);
    expect(kept.rules).toContain(
      'captures of single stores stay for 1 d, the last 3 of a store while no whole set is newer',
    );
    expect(plan({ sets: [good(0)] }).rules.join()).not.toContain('captures');
  });

  test('of each store is counted by itself, the verified ones first', () => {
    const unread = (age: number, store: string) => aCapture(age, store, {});
    const few = living({ keepVerified: 1 });
    const sets = [unread(2, 'graph'), capture(3), capture(4), unread(5, 'files'), unread(6, 'files'), good(20)];
    expect(stays(plan({ basis: few, sets }))).toEqual([2, 3, 5, 20]);
  });

  test('is not kept for the days of the tier, nor as the last of a day, a week or a month', () => {
    const standard = { keepWithinDays: 60, keepDaily: 90, keepWeekly: 90, keepMonthly: 90 };
    expect(stays(plan({ basis: living({ standard }), sets: [good(0), capture(2), capture(30)] }))).toEqual([0]);
  });

  test('stays while a restore has not said yet which set it reads', () => {
    const sets = [good(0), capture(2), good(3), capture(4), good(5)];
    const run = { procedure: 'restore', workflowId: 'restore-1', startedAt: at(1.5) };
    const few = living({ keepVerified: 1, standard: { keepWithinDays: 0 } });
    expect(stays(plan({ basis: few, sets, openRuns: [run] }))).toEqual([0, 2, 3]);
  });

  test('stays while a restore is made from an older set, which may take a store from it', () => {
    const sets = [good(0), capture(2), good(3), capture(4), good(5)];
    const few = living({ keepVerified: 1, standard: { keepWithinDays: 0 } });
    const open = (procedure: string) => [{ procedure, workflowId: 'r', startedAt: at(0.1), set: setOf(now, 3) }];
    expect(stays(plan({ basis: few, sets, openRuns: open('restore') }))).toEqual([0, 2, 3]);
    expect(stays(plan({ basis: few, sets, openRuns: open('drill') }))).toEqual([0, 3]);
  });

  test('of the previous release is not what its way back relies on', () => {
    const old = { blueprint: { ref: 'stack@0.9.0', digest: 'b'.repeat(64) } };
    const previous = { ...old.blueprint, keepUntil: new Date(now + hourMs).toISOString() };
    const sets = [good(0), good(1), good(2), aCapture(20, 'graph', old), set(21, old)];
    expect(stays(plan({ basis: living({}, { previous }), sets }))).toEqual([0, 1, 2, 21]);
  });
});

describe('in use', () => {
  const sets = [good(0), good(1), good(2), good(20), good(21), good(22)];

  test('a set that an open run names stays', () => {
    const run = { procedure: 'drill', workflowId: 'drill-1', startedAt: at(0), set: setOf(now, 21) };
    const kept = plan({ sets, openRuns: [run] });
    expect(stays(kept)).toEqual([0, 1, 2, 21]);
    expect(reasonsOf(kept, 21)).toEqual(['in use by drill (drill-1)']);
  });

  test('a restore that has not said which set it reads keeps all that it may have taken for the latest', () => {
    const old = sets.slice(3);
    const run = { procedure: 'restore', workflowId: 'restore-1', startedAt: at(21.5) };
    const few = living({ keepVerified: 1 });
    expect(stays(plan({ basis: few, sets: [...sets.slice(0, 1), ...old], openRuns: [run] }))).toEqual([0, 20, 21, 22]);
    expect(stays(plan({ basis: few, sets: [...sets.slice(0, 1), ...old] }))).toEqual([0]);
  });

  test.each([
    ['still open', 1, [0, 1, 2, 21]],
    ['over', -1, [0, 1, 2]],
  ])('the safety set of an upgrade stays while the way back is %s', (_, hours, kept) => {
    const until = new Date(now + hours * hourMs).toISOString();
    const reliances = [{ set: setOf(now, 21), until, by: 'upgrade (upgrade-1)' }];
    expect(stays(plan({ sets, reliances }))).toEqual(kept);
  });

  test('without a journal entry the newest set of the previous release stays while that is kept', () => {
    const old = { blueprint: { ref: 'stack@0.9.0', digest: 'b'.repeat(64) } };
    const previous = { ...old.blueprint, keepUntil: new Date(now + hourMs).toISOString() };
    const more = [...sets.slice(0, 4), set(20.5, old), set(21, old)];
    const kept = plan({ basis: living({}, { previous }), sets: more });
    expect(stays(kept)).toEqual([0, 1, 2, 21]); // 20.5 days, rounded
    expect(kept.sets.find(({ verdict, set: id }) => verdict === 'keep' && id === setOf(now, 20.5))?.reasons).toEqual([
      'the newest set of stack@0.9.0, which is kept for the way back until 2026-11-21 04:30 UTC',
    ]);
  });
});

describe('of a decommissioned instance', () => {
  const sets = [good(31), set(32), good(60)];

  test('all sets stay until what was promised, then all go', () => {
    const stone = (until: number) => ({ basis: goneBasis(), tombstone: aTombstone(now - 30 * dayMs, until), sets });
    expect(stays(plan(stone(now + 1)))).toEqual([31, 32, 60]);
    expect(stays(plan(stone(now - 1)))).toEqual([]);
    expect(plan(stone(now - hourMs)).sets[0]?.reasons).toEqual([
      '31 d old; the instance was decommissioned, and its sets were promised until 2026-11-21 02:30 UTC',
    ]);
  });

  test('nothing goes when a set was made after it was decommissioned', () => {
    const tombstone = aTombstone(now - 30 * dayMs, now - dayMs);
    const kept = plan({ basis: goneBasis(), tombstone, sets: [set(5), ...sets] });
    expect(stays(kept)).toEqual([5, 31, 32, 60]);
    expect(reasonsOf(kept, 60)[0]).toContain('is younger than the decommissioning: the instance may live');
  });

  test('nothing goes without a tombstone', () => {
    expect(stays(plan({ basis: goneBasis(), sets }))).toEqual([31, 32, 60]);
  });

  test('what was promised holds when another instance has its name', () => {
    const tombstone = aTombstone(now - 30 * dayMs, now + dayMs);
    const kept = plan({ tombstone, sets: [good(0), good(1), good(2), good(10), ...sets] });
    expect(stays(kept)).toEqual([0, 1, 2, 31, 32, 60]);
  });
});

describe('what belongs to no set', () => {
  const fragment = (ageDays: number, hoursAgo: number) => ({
    set: setOf(now, ageDays),
    objects: 2,
    sizeBytes: 10,
    newestAt: new Date(now - hoursAgo * hourMs).toISOString(),
    from: 'backup' as const,
  });
  const upload = (hoursAgo: number) => ({
    set: setOf(now, 9),
    key: 'k',
    uploadId: 'u',
    initiatedAt: new Date(now - hoursAgo * hourMs).toISOString(),
  });

  test.each<[string, Partial<RetentionObservation>, string, string]>([
    ['old artifacts', { fragments: [fragment(9, 49)] }, 'delete', 'artifacts without a manifest, the youngest 2 d old'],
    ['artifacts that are still written', { fragments: [fragment(9, 47)] }, 'keep', 'not older than 48 h: a backup may'],
    ['artifacts of a young set', { fragments: [fragment(1, 60)] }, 'keep', 'not older than 48 h'],
    ['an old upload', { uploads: [upload(49)] }, 'delete', 'unfinished upload, begun 2 d ago'],
    ['a young upload', { uploads: [upload(47)] }, 'keep', 'not older than 48 h'],
    [
      'the rest of a removal, however young',
      { fragments: [{ ...fragment(9, 1), from: 'removal' }] },
      'delete',
      'a removal of this set did not end',
    ],
    [
      'artifacts that a run works on',
      {
        fragments: [fragment(9, 100)],
        openRuns: [{ procedure: 'backup', workflowId: 'b', startedAt: at(9), set: setOf(now, 9) }],
      },
      'keep',
      'backup (b) works on this set',
    ],
    [
      'an upload that a run works on',
      {
        uploads: [upload(100)],
        openRuns: [{ procedure: 'backup', workflowId: 'b', startedAt: at(9), set: setOf(now, 9) }],
      },
      'keep',
      'backup (b) works on this set',
    ],
  ])('%s', (_, changes, verdict, reason) => {
    expect(plan(changes).orphans).toMatchObject([{ verdict, reasons: [expect.stringContaining(reason)] }]);
  });

  test('a set that cannot be read stays, and says why', () => {
    const unreadable = [{ set: setOf(now, 99), problem: 'it is not JSON', objects: 4, sizeBytes: 7 }];
    expect(plan({ unreadable }).sets).toMatchObject([
      { verdict: 'keep', sizeBytes: 7, reasons: ['cannot be proven ours: it is not JSON'] },
    ]);
  });

  test('a bucket of strange things is told in part, and counted in full', () => {
    const leftAlone = Array.from({ length: 150 }, (_, n) => ({ what: `k${n}`, why: 'foreign', sizeBytes: 1 }));
    const { leftAlone: told, leftAloneCount } = plan({ leftAlone });
    expect([told.length, leftAloneCount]).toEqual([100, 150]);
  });

  test.each([
    [{ versioning: 'on', objectLock: 'off' } as const, ['the bucket keeps versions']],
    [
      { versioning: 'on', objectLock: 'on', lockWords: 'compliance, 30 d' } as const,
      ['the bucket keeps versions', 'the bucket locks objects (compliance, 30 d)'],
    ],
    [{ versioning: 'unknown', objectLock: 'off' } as const, ['the bucket does not say']],
    [{ versioning: 'off', objectLock: 'off' } as const, []],
  ])('the plan says what the bucket %j does', (protection, said) => {
    const { notes } = plan({ protection });
    expect(notes).toHaveLength(said.length);
    for (const [index, words] of said.entries()) expect(notes[index]).toContain(words);
  });
});

describe('over any catalogue and any policy', () => {
  const age = fc.integer({ min: 0, max: 120 * 24 }).map((hours) => hours / 24);
  const anySet = fc.record({
    age,
    verified: fc.boolean(),
    stores: fc.constantFrom(stores, stores, stores, ['graph'], ['files']),
    old: fc.boolean(),
  });
  // Mostly nothing, so that no other rule hides one that is broken.
  const some = (max: number) => fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max }));
  const rules = fc.record({
    keepVerified: fc.integer({ min: 1, max: 6 }),
    standard: fc.record({
      keepWithinDays: some(60),
      keepDaily: some(10),
      keepWeekly: some(10),
      keepMonthly: some(10),
    }),
  });
  const pick = fc.array(fc.nat(), { maxLength: 3 });
  const observations = fc
    .record({
      sets: fc.array(anySet, { maxLength: 40 }),
      rules,
      used: pick,
      relied: pick,
      ends: fc.integer({ min: -5, max: 5 }),
    })
    .map(({ sets: given, rules: kept, used, relied, ends }) => {
      const sets = given.map((one, number) =>
        aSet(now, one.age, {
          set: setOf(now, one.age, number),
          stores: one.stores,
          ...(one.stores === stores ? {} : { withoutStores: stores.filter((store) => !one.stores.includes(store)) }),
          blueprint: { ref: 'stack@1.0.0', digest: (one.old ? 'b' : 'a').repeat(64) },
          ...(one.verified ? verified(now) : {}),
        }),
      );
      const chosen = (numbers: number[]) =>
        numbers.flatMap((number) => sets[number % Math.max(1, sets.length)]?.set ?? []);
      const until = new Date(now + ends * hourMs).toISOString();
      const previous = { ref: 'stack@0.9.0', digest: 'b'.repeat(64), keepUntil: until };
      return anObservation(now, {
        sets,
        basis: living(kept, { previous }),
        openRuns: chosen(used).map((id) => ({ procedure: 'drill', workflowId: 'd', startedAt: at(0), set: id })),
        reliances: chosen(relied).map((id) => ({ set: id, until, by: 'upgrade' })),
      });
    });
  const keptOf = (observed: RetentionObservation) => {
    const { sets } = planRetention(observed);
    const ids = new Set(sets.filter(({ verdict }) => verdict === 'keep').map(({ set: id }) => id));
    return observed.sets.filter(({ set: id }) => ids.has(id));
  };
  const newestFirst = (sets: readonly CataloguedSet[]) => [...sets].sort((a, b) => (a.set < b.set ? 1 : -1));

  test('no protected set goes', () => {
    fc.assert(
      fc.property(observations, (observed) => {
        const kept = keptOf(observed);
        const newest = newestFirst(observed.sets.filter(isWhole))[0];
        if (newest !== undefined) expect(kept).toContain(newest);
        const inUse = new Set(observed.openRuns.map(({ set: id }) => id));
        const relied = new Set(
          observed.reliances.flatMap(({ set: id, until }) => (Date.parse(until) > now ? [id] : [])),
        );
        for (const one of observed.sets) if (inUse.has(one.set) || relied.has(one.set)) expect(kept).toContain(one);
      }),
      { numRuns: 500 },
    );
  });

  test('never fewer than the last verified whole sets stay', () => {
    fc.assert(
      fc.property(observations, (observed) => {
        const kept = keptOf(observed);
        const wanted = observed.basis.rules.keepVerified;
        for (const needed of [stores, ...stores.map((store) => [store])]) {
          const holding = newestFirst(
            observed.sets.filter((one) => isWhole(one) && needed.every((store) => one.stores.includes(store))),
          );
          const last = holding.filter(({ verifiedAt }) => verifiedAt !== undefined).slice(0, wanted);
          for (const one of last) expect(kept).toContain(one);
          const left = kept.filter((one) => holding.includes(one));
          expect(left.length).toBeGreaterThanOrEqual(Math.min(wanted, holding.length));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('captures change nothing about whole sets', () => {
    fc.assert(
      fc.property(observations, (observed) => {
        const alone = { ...observed, sets: observed.sets.filter(isWhole) };
        expect(keptOf(observed).filter(isWhole)).toEqual(keptOf(alone));
      }),
      { numRuns: 500 },
    );
  });

  test('what is newer than every whole set can be gone on with, for each store', () => {
    fc.assert(
      fc.property(observations, (observed) => {
        const kept = keptOf(observed);
        for (const store of stores) {
          const newest = newestFirst(observed.sets).find((one) => isWhole(one) || one.stores.includes(store));
          if (newest !== undefined) expect(kept).toContain(newest);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('what stays would stay again, and every decision has its reason', () => {
    fc.assert(
      fc.property(observations, (observed) => {
        const first = planRetention(observed);
        const again = planRetention({ ...observed, sets: keptOf(observed) });
        expect(again.deleteSets).toBe(0);
        expect(first.sets).toHaveLength(observed.sets.length);
        expect(first.keepBytes + first.deleteBytes).toBe(observed.sets.length * 1000);
        for (const { reasons } of first.sets) expect(reasons.every((reason) => reason.length > 5)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('a policy that keeps longer never lets go what a shorter one keeps', () => {
    fc.assert(
      fc.property(observations, fc.integer({ min: 0, max: 30 }), (observed, days) => {
        const { basis } = observed;
        const longer = structuredClone(basis);
        longer.rules.standard.keepWithinDays += days;
        const more = new Set(keptOf({ ...observed, basis: longer }));
        for (const one of keptOf(observed)) expect(more).toContain(one);
      }),
      { numRuns: 200 },
    );
  });
});
