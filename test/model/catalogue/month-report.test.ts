import { describe, expect, test } from 'vitest';
import { Generation } from '../../../src/contracts/ids.ts';
import type { StepEvent } from '../../../src/contracts/progress.ts';
import { MonthReport } from '../../../src/contracts/report.ts';
import { closuresOf, readOnlyTimes } from '../../../src/model/catalogue/edge-times.ts';
import { boundsOf, monthBefore } from '../../../src/model/catalogue/month.ts';
import { monthReport } from '../../../src/model/catalogue/month-report.ts';
import { digest } from '../../support/builders.ts';
import { anEntry, aStep, at, did, goodEntries, monthEvidence, setOf } from '../../support/month-cases.ts';

const generation = Generation.parse(1);
const reported = (changes: Parameters<typeof monthEvidence>[0] = {}) => monthReport(monthEvidence(changes));

test('a month is that of UTC, and the one that is over comes before this', () => {
  expect(boundsOf('2026-12')).toEqual({ from: '2026-12-01T00:00:00.000Z', to: '2027-01-01T00:00:00.000Z' });
  expect([monthBefore('2026-11-01T00:00:00.000Z'), monthBefore('2026-01-31T23:00:00.000Z')]).toEqual([
    '2026-10',
    '2025-12',
  ]);
});

describe('a month of which everything is known', () => {
  const report = reported({ entries: goodEntries });

  test('is what its contract says', () => {
    expect(MonthReport.parse(report)).toEqual(report);
  });

  test('says what was done, with what and by whom', () => {
    expect(report.sets).toMatchObject([{ set: setOf(2), level: 'removed', sizeBytes: 2048, reason: 'scheduled' }]);
    expect(report.verifications).toMatchObject([{ set: setOf(2), outcome: 'done', evidence: { sha256: digest } }]);
    expect(report.drills).toMatchObject([{ recoveryMs: 75_000, steps: [{ name: 'plan drill', ms: 3000 }] }]);
    expect(report.restores).toMatchObject([{ set: setOf(2), asNew: false, tookMs: 600_000, safetySet: setOf(5) }]);
    expect(report.upgrades).toMatchObject([
      {
        from: 'osmose@1.0.0',
        to: 'osmose@2.0.0',
        plan: digest,
        decisions: [{ by: 'alice@example.com', plan: digest }],
        migrated: ['slugs'],
      },
    ]);
    expect(report.nights.jobs).toEqual([{ job: 'backup', done: 1, partial: 0, failed: 0, missed: 0, held: 0 }]);
    expect(report.failures).toEqual([]);
  });

  test('counts captures of single stores, and does not list them', () => {
    const result = { set: setOf(8), sizeBytes: 1, stores: [{ store: 'queue' }], withoutStores: ['graph'] };
    const present = { set: setOf(9), createdAt: at(9), stores: ['queue'], withoutStores: ['graph'] };
    const sets = [{ ...present, reason: 'scheduled', blueprint: 'osmose@1.0.0', sizeBytes: 1, level: 'captured' }];
    const entries = [...goodEntries, anEntry('backup', 8, { result })];
    const counted = reported({ entries, sets: sets.map((set) => ({ ...set, evidenceProblems: [] })) as never });
    expect(counted.captures).toEqual([{ store: 'queue', made: 2 }]);
    expect(counted.sets).toEqual(report.sets);
  });

  test('lists as missing only what nobody writes down', () => {
    expect(report.gaps).toEqual([expect.stringMatching(/^only the last time that a night job never began/)]);
  });
});

test('a month without evidence says so, and nothing of it is green', () => {
  const report = reported();
  expect(report.gaps.join('\n')).toMatch(
    /no procedure ran[\s\S]*no recovery set[\s\S]*no set was verified[\s\S]*no drill[\s\S]*no night job/,
  );
  expect(report.availability).toMatchObject({
    state: 'unknown',
    reason: expect.stringMatching(/no entry of this month/),
  });
  expect(report.availability).not.toHaveProperty('openAtMostPercent');
  expect(reported({ knownSince: '2026-12-02T00:00:00.000Z' }).gaps[0]).toMatch(/begins after this month/);
});

test('a set of the catalogue is told once, as it is proven now', () => {
  const [made] = goodEntries;
  const set = {
    ...{ set: setOf(2), createdAt: at(2), reason: 'scheduled', blueprint: 'osmose@1.0.0', sizeBytes: 2048 },
    ...{ level: 'drilled', verifiedAt: at(4), drilledAt: at(4), evidenceProblems: [] },
  } as never;
  const report = reported({ entries: made === undefined ? [] : [made], sets: [set] });
  expect(report.sets).toEqual([set]);
});

test('a month that is not over ends now, and says so', () => {
  const report = reported({ now: at(10) });
  expect(report).toMatchObject({
    over: false,
    to: at(10),
    gaps: expect.arrayContaining([expect.stringMatching(/not over/)]),
  });
  expect(report.availability.periodMs).toBe(Date.parse(at(10)) - Date.parse('2026-11-01T00:00:00.000Z'));
});

test('what failed is told where it belongs, and with its reason', () => {
  const error = 'verify set x: two artifacts differ\n  - graph\n  → take a new set';
  const report = reported({
    entries: [
      anEntry('verify', 1, { outcome: 'failed', error, plan: { set: setOf(1) } }),
      anEntry('backup', 2, { outcome: 'undone', error: 'no space', leftBehind: ['a volume'] }),
      anEntry('upgrade', 3, { request: { planOnly: true } }),
      anEntry('upgrade', 4),
    ],
  });
  expect(report.verifications).toMatchObject([
    { set: setOf(1), outcome: 'failed', problem: 'verify set x: two artifacts differ' },
  ]);
  expect(report.failures).toMatchObject([{ procedure: 'backup', outcome: 'undone', leftBehind: ['a volume'] }]);
  expect(report.upgrades).toHaveLength(1);
  expect(report.gaps).toContain('no approval of upgrade-pharma-4 is recorded');
});

test('nights count every ending, also of jobs that never began', () => {
  const request = { job: 'drill' };
  const outcome = { job: 'drill', outcome: 'held', dueAt: at(1), at: at(1), why: 'audit', workflowId: 'w' };
  const report = reported({
    entries: [
      anEntry('nightJob', 1, { request, result: { outcome } }),
      anEntry('nightJob', 2, { request, outcome: 'failed', error: 'drill of pharma is failed: unhealthy' }),
      anEntry('nightJob', 3, { request, outcome: 'failed', error: 'drill of pharma is missed: waited' }),
    ],
    nights: [
      { job: 'drill', outcome: 'missed', dueAt: at(9), at: at(9), why: 'never began' },
      { job: 'backup', outcome: 'missed', dueAt: '2026-12-01T03:00:00.000Z', at: '2026-12-01T09:00:00.000Z' },
    ],
  });
  expect(report.nights.jobs).toEqual([{ job: 'drill', done: 0, partial: 0, failed: 1, missed: 2, held: 1 }]);
  expect(report.nights.troubles.map(({ why }) => why)).toEqual([
    'audit',
    'drill of pharma is failed: unhealthy',
    'drill of pharma is missed: waited',
    'never began',
  ]);
});

describe('availability', () => {
  const closedFor = (seconds: number) => {
    const until = new Date(Date.parse(at(5)) + seconds * 1000).toISOString();
    const steps = [did({ kind: 'edge-closed', at: at(5) }), did({ kind: 'reads-admitted', generation, at: until })];
    return anEntry('rollback', 5, { steps });
  };
  // 0.05 % of thirty days are 21 min 36 s.
  test.each([
    [
      'is unknown while procedures leave enough of it: the rest is not measured',
      60,
      'unknown',
      /1 min; 99\.95 % leave 21 min 36 s: procedures alone did not break/,
    ],
    ['is amber when they leave nearly none', 20 * 60, 'amber', /20 min; .*nearly all of it/],
    ['is red when they alone broke the promise', 22 * 60, 'red', /22 min; .*the promise was broken$/],
  ])('%s', (_, seconds, state, reason) => {
    const { availability } = reported({ entries: [closedFor(seconds)] });
    expect(availability).toMatchObject({ state, reason: expect.stringMatching(reason), closedMs: seconds * 1000 });
    expect(availability.notMeasured[0]).toContain('up{job="osmose-app", drydock_instance="pharma"}');
  });

  test('without a promise is unknown', () => {
    const { availability, gaps } = reported({ entries: goodEntries, promisedPercent: undefined, about: {} });
    expect(availability).toMatchObject({
      state: 'unknown',
      openAtMostPercent: 99.998,
      reason: expect.stringMatching(/not known$/),
    });
    expect(gaps).toContainEqual(expect.stringMatching(/^tier and promises are not known/));
  });

  test('counts from the day on which an instance was made, to the day on which it was removed', () => {
    const { availability } = reported({ entries: [anEntry('provision', 10), anEntry('decommission', 20)] });
    expect(availability.periodMs).toBe(Date.parse(at(20)) - Date.parse(at(10, '03:10:00')));
  });

  test('names the runs that died without an entry in the journal', () => {
    const { notMeasured } = reported({ entries: [anEntry('settle', 3)] }).availability;
    expect(notMeasured).toContainEqual(expect.stringMatching(/^closures by 1 run\(s\) that died/));
  });
});

describe('the edge was closed', () => {
  const closed: StepEvent = { kind: 'edge-closed', at: at(5, '03:00:01') };
  const back = (...events: StepEvent[]) => ({ ...did(...events), name: 'serve generation 1 again', state: 'undone' });
  const closedAgain: StepEvent = { kind: 'edge-closed', at: at(5, '03:05:00') };
  const stopped: StepEvent = { kind: 'serving-stopped', at: at(5, '03:05:00') };
  const admitted: StepEvent = { kind: 'reads-admitted', generation, at: at(5, '03:01:01') };
  const opened: StepEvent = { kind: 'edge-opened', generation, at: at(5, '03:06:01') };
  test.each<[string, object[], [number, string][]]>([
    ['until it was undone', [did(closed), back(closedAgain, stopped, opened)], [[360_000, 'known']]],
    [
      'a second time when a switch is taken back',
      [did(closed), did(admitted), back(closedAgain, stopped, opened)],
      [
        [60_000, 'known'],
        [61_000, 'known'],
      ],
    ],
    ['in effect, while what serves is stopped behind it', [back(stopped, opened)], [[61_000, 'known']]],
    ['for longer than anybody knows when the undo failed', [did(closed), back(stopped)], [[599_000, 'unknown']]],
    ['until its run ended, and longer', [did(closed)], [[599_000, 'unknown']]],
    ['never, when closing it failed', [aStep('close edge', at(5), at(5), 'failed')], []],
    ['never, when it was only opened', [did(opened)], []],
  ])('%s', (_, steps, expected) => {
    const entry = anEntry('upgrade', 5, { outcome: 'undone', steps });
    expect(closuresOf(entry).map(({ ms, end }) => [ms, end])).toEqual(expected);
  });

  test('for nobody by a restore as a new instance', () => {
    expect(closuresOf(anEntry('restore', 5, { request: { as: 'twin' }, steps: [did(closed)] }))).toEqual([]);
  });
});

test('read-only is told by who wanted it, also when it began before the month', () => {
  const on = anEntry('readOnly', 1, { steps: [did({ kind: 'read-only-held', at: '2026-10-30T00:00:00.000Z' })] });
  const off = anEntry('readOnly', 2, { steps: [did({ kind: 'read-only-released', at: at(2) })] });
  const held = did({ kind: 'read-only-held', at: at(3, '03:00:01') });
  const released = did({ kind: 'read-only-released', at: at(3, '03:00:11') });
  const upgrade = anEntry('upgrade', 3, { steps: [held, { ...released, state: 'undone' }] });
  const leftHeld = anEntry('upgrade', 4, { steps: [did({ kind: 'read-only-held', at: at(4, '03:09:55') })] });
  const [backup] = goodEntries;
  const period = { from: '2026-11-01T00:00:00.000Z', to: '2026-12-01T00:00:00.000Z' };
  expect(readOnlyTimes([...(backup === undefined ? [] : [backup]), off, upgrade, leftHeld], period, on)).toEqual([
    { by: 'backups', times: 1, ms: 8_000 },
    { by: 'upgrades', times: 2, ms: 15_000 },
    { by: 'operators', times: 1, ms: 27 * 3_600_000 },
  ]);
});
