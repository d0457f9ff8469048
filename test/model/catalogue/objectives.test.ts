import { describe, expect, test } from 'vitest';
import { EvidenceRecord } from '../../../src/contracts/evidence.ts';
import { BlueprintRef, SetId } from '../../../src/contracts/ids.ts';
import {
  closeShare,
  drillDays,
  judgeObjectives,
  type ObjectivesObservation,
  type ProvenSet,
  setsLeftOut,
  verificationDays,
} from '../../../src/model/catalogue/objectives.ts';
import {
  failureOfDrill,
  type Recovery,
  recoveryOfDrill,
  recoveryOfRestore,
  scaled,
} from '../../../src/model/catalogue/recoveries.ts';
import { aBlueprint, anArtifact, anIdentity, aRestorePlan, digest, setId } from '../../support/builders.ts';
import { anEntry } from '../../support/month-cases.ts';

const now = '2026-11-21T12:00:00.000Z';
const hourMs = 3_600_000;
const ago = (hours: number) => new Date(Date.parse(now) - hours * hourMs).toISOString();
const mebibyte = 1024 ** 2;

const all = ['graph', 'vectors', 'queue', 'files'];
let made = 0;

/** A set of so many hours ago that was verified an hour later. */
function aSet(ageHours: number, changes: Partial<ProvenSet> = {}): ProvenSet {
  made += 1;
  return {
    set: SetId.parse(`20261121T030000Z-${made.toString(16).padStart(8, '0')}`),
    createdAt: ago(ageHours),
    blueprint: BlueprintRef.parse('stack@1.0.0'),
    sizeBytes: 10 * mebibyte,
    stores: all,
    level: 'every byte',
    verifiedAt: ago(Math.max(0, ageHours - 1)),
    evidenceProblems: [],
    ...changes,
  };
}

/** A capture of some stores, verified when it was made. */
function aCapture(ageHours: number, stores: string[], changes: Partial<ProvenSet> = {}): ProvenSet {
  const withoutStores = all.filter((store) => !stores.includes(store));
  return aSet(ageHours, { stores, withoutStores, verifiedAt: ago(ageHours), sizeBytes: 1, ...changes });
}

/** A set that nobody has read since it was made. */
function unread(ageHours: number): ProvenSet {
  const { verifiedAt: _, ...set } = aSet(ageHours, { level: 'captured' });
  return set;
}

function aRecovery(changes: Partial<Recovery> = {}): Recovery {
  return {
    kind: 'drill',
    at: ago(24),
    set: setId,
    sizeBytes: 10 * mebibyte,
    wholeMs: 10 * 60_000,
    storeMs: { graph: 4 * 60_000, queue: 6 * 60_000 },
    longest: { name: 'load store graph', ms: 3 * 60_000 },
    ...changes,
  };
}

function observed(changes: Partial<ObjectivesObservation> = {}): ObjectivesObservation {
  return {
    instance: 'pharma',
    now,
    tier: 'premium',
    blueprint: {
      ...aBlueprint(),
      objectives: { graph: { rpo: '24h', rto: '2h' }, queue: { rpo: '1h', rto: '30m' }, app: { rto: '15m' } },
    },
    sets: [aSet(3)],
    recoveries: [aRecovery()],
    failedDrills: [],
    ...changes,
  };
}

function judged(of: string, kind: 'point' | 'time', changes: Partial<ObjectivesObservation> = {}) {
  const found = judgeObjectives(observed(changes)).find((one) => one.of === of && one.kind === `recovery ${kind}`);
  if (found === undefined) throw new Error(`no recovery ${kind} of ${of}`);
  return found;
}

test('every store has a recovery point, the promises of the blueprint come with its times, the application last', () => {
  const rows = judgeObjectives(observed()).map(({ of, kind, targetMs, targetFrom }) => [
    of,
    kind,
    targetMs,
    targetFrom,
  ]);
  expect(rows).toEqual([
    ['graph', 'recovery point', 24 * hourMs, 'blueprint'],
    ['graph', 'recovery time', 2 * hourMs, 'blueprint'],
    ['vectors', 'recovery point', 24 * hourMs, 'tier'],
    ['queue', 'recovery point', hourMs, 'blueprint'],
    ['queue', 'recovery time', hourMs / 2, 'blueprint'],
    ['files', 'recovery point', 24 * hourMs, 'tier'],
    ['app', 'recovery time', hourMs / 4, 'blueprint'],
  ]);
  expect(judged('vectors', 'point', { tier: 'standard' }).targetMs).toBe(7 * 24 * hourMs);
});

describe('the recovery point', () => {
  const stale = (verificationDays + 1) * 24;
  test.each<[string, ProvenSet[], string, RegExp, number?]>([
    [
      'is green well within its target',
      [aSet(3)],
      'green',
      /^the last verified set is 3 h old; at most 1 d may be lost$/,
      3,
    ],
    ['is green up to the share that is close', [aSet(24 * closeShare)], 'green', /21 h 36 min old/, 24 * closeShare],
    ['is amber beyond that', [aSet(23)], 'amber', /23 h old; at most 1 d may be lost, which is close$/, 23],
    [
      'is red beyond its target',
      [aSet(26)],
      'red',
      /^the last verified set is 1 d 2 h old; at most 1 d may be lost$/,
      26,
    ],
    ['is red without any set', [], 'red', /^there is no recovery set: all of it would be lost/],
    [
      'is red when no set holds the store',
      [aSet(3, { stores: ['files'] })],
      'red',
      /none of 1 sets is good and holds this data/,
    ],
    ['does not count a set that is bad', [aSet(1, { level: 'bad' }), aSet(26)], 'red', /1 d 2 h old/, 26],
    [
      'does not count a set whose evidence was touched',
      [aSet(1, { evidenceProblems: ['broken'] }), aSet(26)],
      'red',
      /1 d 2 h/,
      26,
    ],
    [
      'is red when even an unread set is too old',
      [unread(30), aSet(40)],
      'red',
      /^the newest set, which nobody has read since, is 1 d 6 h/,
      40,
    ],
    [
      'is amber when only an unread set keeps it',
      [unread(2), aSet(26)],
      'amber',
      /is 1 d 2 h old; .* only the newest set keeps that promise, 2 h old and not read/,
      26,
    ],
    [
      'is unknown when no set was ever verified',
      [unread(2)],
      'unknown',
      /^no set was ever verified, so nobody knows whether the newest, 2 h old, is good/,
    ],
    [
      'is unknown when nothing was verified for long',
      [unread(2), aSet(stale)],
      'unknown',
      /^no set was verified for 8 d 23 h/,
      stale,
    ],
  ])('%s', (_, sets, state, reason, seenHours) => {
    const found = judged('graph', 'point', { sets });
    expect(found).toMatchObject({ state, reason: expect.stringMatching(reason) });
    expect(found.seenMs).toBe(seenHours === undefined ? undefined : seenHours * hourMs);
    expect(found.next === undefined).toBe(state === 'green');
  });

  test('says what is quicker: to verify what is there, or to take a new one', () => {
    expect(judged('graph', 'point', { sets: [aSet(26)] }).next).toBe(
      'drydock backup pharma, then drydock verify pharma --set latest',
    );
    const newest = unread(2);
    expect(judged('graph', 'point', { sets: [newest, aSet(26)] }).next).toBe(
      `drydock verify pharma --set ${newest.set}`,
    );
  });

  test('of a store is that of the newest set or capture that holds it', () => {
    const sets = [aCapture(0.5, ['queue']), aSet(5)];
    expect(judged('queue', 'point', { sets })).toMatchObject({ state: 'green', seenMs: hourMs / 2 });
    expect(judged('graph', 'point', { sets }).seenMs).toBe(5 * hourMs);
    expect(judged('graph', 'point', { sets: [aCapture(0.5, ['queue'])] })).toMatchObject({ state: 'red' });
  });

  test('is not that of a capture beside which no whole set is, since nothing is restored from it alone', () => {
    const capture = aCapture(0.5, ['queue']);
    expect(judged('queue', 'point', { sets: [capture] })).toMatchObject({ state: 'red' });
    const upgraded = { ...capture, blueprint: BlueprintRef.parse('stack@2.0.0') };
    expect(judged('queue', 'point', { sets: [upgraded, aSet(5)] })).toMatchObject({ state: 'red', seenMs: 5 * hourMs });
    expect(judged('queue', 'point', { sets: [capture, aSet(5, { level: 'bad' })] })).toMatchObject({ state: 'red' });
  });

  test('of the whole application needs one whole set, whatever the captures hold together', () => {
    const blueprint = { ...aBlueprint(), objectives: { app: { rpo: '24h' } } };
    const sets = [aCapture(1, ['graph', 'queue']), aCapture(2, all, { withoutStores: ['cache'] }), aSet(5)];
    expect(judged('app', 'point', { blueprint, sets }).seenMs).toBe(5 * hourMs);
  });

  test('of other stores is not known better because a capture was verified', () => {
    const sets = [aCapture(0.5, ['queue']), unread(2), aSet(stale)];
    expect(judged('graph', 'point', { sets })).toMatchObject({ state: 'unknown' });
    expect(judged('queue', 'point', { sets })).toMatchObject({ state: 'green' });
  });

  test('says which sets do not count', () => {
    const sets = [
      aSet(1, { level: 'bad' }),
      aSet(2, { evidenceProblems: ['0002.json: the chain is broken'] }),
      aSet(3),
    ];
    expect(setsLeftOut(sets)).toEqual([
      `set ${sets[0]?.set} does not count: the last look found it bad`,
      `set ${sets[1]?.set} does not count: its evidence does not fit together (0002.json: the chain is broken)`,
    ]);
  });
});

describe('the recovery time', () => {
  const failed = { at: ago(2), set: setId, code: 'mismatch', problem: 'nodes differ' };
  const minutes = (count: number) => count * 60_000;
  test.each<[string, Partial<ObjectivesObservation>, string, RegExp, number?]>([
    [
      'is green well within its target',
      {},
      'green',
      /^the instance would serve again in 10 min, by the drill of 1 d ago of 10\.0 MiB; at most 15 min was promised$/,
      10,
    ],
    [
      'is amber when it is close',
      { recoveries: [aRecovery({ wholeMs: minutes(14) })] },
      'amber',
      /in 14 min, .* which is close$/,
      14,
    ],
    ['is red when it takes too long', { recoveries: [aRecovery({ wholeMs: minutes(16) })] }, 'red', /in 16 min/, 16],
    [
      'grows with the data',
      { sets: [aSet(3, { sizeBytes: 20 * mebibyte })] },
      'red',
      /in 20 min, .* of 10\.0 MiB, scaled to 20\.0 MiB;/,
      20,
    ],
    [
      'does not shrink with it',
      { sets: [aSet(3, { sizeBytes: mebibyte })] },
      'green',
      /in 10 min, .* of 10\.0 MiB;/,
      10,
    ],
    [
      'is that of the slowest of the last',
      { recoveries: [aRecovery(), aRecovery({ kind: 'restore', at: ago(30), wholeMs: minutes(14) })] },
      'amber',
      /by the restore of 1 d 6 h ago/,
      14,
    ],
    [
      'forgets those before the last three',
      { recoveries: [aRecovery(), aRecovery(), aRecovery(), aRecovery({ wholeMs: minutes(90) })] },
      'green',
      /in 10 min/,
      10,
    ],
    [
      'is unknown without any recovery',
      { recoveries: [] },
      'unknown',
      /^no drill or restore has shown the time, so nobody knows how long a recovery takes/,
    ],
    [
      'is unknown when the last one is too long ago',
      { recoveries: [aRecovery({ at: ago((drillDays + 1) * 24) })] },
      'unknown',
      /^the last drill was 10 d ago/,
    ],
    [
      'is red when the last drill failed',
      { failedDrills: [failed] },
      'red',
      /^the last drill, 2 h ago, did not bring set \S+ up \(mismatch\)/,
    ],
    [
      'does not mind a drill that failed before one that succeeded',
      { failedDrills: [{ ...failed, at: ago(48) }] },
      'green',
      /in 10 min/,
      10,
    ],
  ])('%s', (_, changes, state, reason, seenMinutes) => {
    const found = judged('app', 'time', changes);
    expect(found).toMatchObject({ state, reason: expect.stringMatching(reason) });
    expect(found.seenMs).toBe(seenMinutes === undefined ? undefined : minutes(seenMinutes));
    expect(found.next === undefined).toBe(state === 'green');
  });

  test('of a store ends when it holds what the set says, also when others come after it', () => {
    expect(judged('graph', 'time').seenMs).toBe(minutes(4));
    expect(judged('queue', 'time').seenMs).toBe(minutes(6));
  });

  test('of a store that a recovery says nothing of is that of all of it', () => {
    expect(judged('queue', 'time', { recoveries: [aRecovery({ storeMs: {} })] }).seenMs).toBe(minutes(10));
  });

  test('says which step took longest, when it is too long', () => {
    const { next } = judged('app', 'time', { recoveries: [aRecovery({ wholeMs: minutes(16) })] });
    expect(next).toMatch(/^its longest step is load store graph, 3 min: give the host more processors/);
  });
});

describe('a recovery is read', () => {
  const of = (kind: 'artifacts-fetched' | 'store-compared', store: string) => ({ kind, store, at: ago(1) });
  const record = (changes: object) =>
    EvidenceRecord.parse({
      format: 'drydock-evidence/1',
      ...anIdentity(),
      ...{ set: setId, number: 1, at: ago(1), by: 'drill', run: 'r', manifest: digest },
      kind: 'drilled',
      finding: { outcome: 'passed' },
      sizeBytes: 500,
      host: 'h1',
      recoveryMs: 9_000,
      steps: [
        { name: 'plan drill', ms: 3_000 },
        { name: 'fetch artifacts graph', ms: 1_000, events: [of('artifacts-fetched', 'graph')] },
        { name: 'load store graph', ms: 4_000 },
        { name: 'compare store graph', ms: 500, events: [of('store-compared', 'graph')] },
        { name: 'compare store queue', ms: 500, events: [of('store-compared', 'queue')] },
      ],
      ...changes,
    }) as Extract<EvidenceRecord, { kind: 'drilled' }>;

  test('from the evidence of a drill, from its first fetched byte', () => {
    expect(recoveryOfDrill(record({}))).toEqual({
      kind: 'drill',
      at: ago(1),
      set: setId,
      sizeBytes: 500,
      wholeMs: 9_000,
      storeMs: { graph: 5_500, queue: 6_000 },
      longest: { name: 'load store graph', ms: 4_000 },
    });
    expect(failureOfDrill(record({}))).toBeUndefined();
  });

  test('as a failure, when the drill has found one', () => {
    const bad = record({ finding: { outcome: 'failed', code: 'unhealthy', problem: 'app' }, recoveryMs: undefined });
    expect(recoveryOfDrill(bad)).toBeUndefined();
    expect(failureOfDrill(bad)).toEqual({ at: ago(1), set: setId, code: 'unhealthy', problem: 'app' });
  });

  test('from the journal of a restore, until reads pass again', () => {
    const second = (at: number) => `2026-11-20T03:00:${String(at).padStart(2, '0')}.000Z`;
    const step = (name: string, from: number, to: number, event?: object) => ({
      name,
      state: 'done',
      startedAt: second(from),
      endedAt: second(to),
      ...(event === undefined ? {} : { events: [{ at: second(to), ...event }] }),
    });
    const entry = anEntry('restore', 20, {
      startedAt: second(0),
      endedAt: second(50),
      plan: aRestorePlan({ artifacts: [anArtifact('graph'), anArtifact('files')] }),
      steps: [
        step('plan restore', 0, 5),
        step('fetch artifacts graph', 5, 7, of('artifacts-fetched', 'graph')),
        step('compare store graph', 10, 12, of('store-compared', 'graph')),
        step('back up pharma first', 12, 30),
        step('close edge', 30, 31, { kind: 'edge-closed' }),
        step('admit reads', 40, 42, { kind: 'reads-admitted', generation: 2 }),
      ],
    });
    const expected = { kind: 'restore', sizeBytes: 1000, wholeMs: 37_000, storeMs: { graph: 7_000 } };
    expect(recoveryOfRestore(entry)).toMatchObject({ ...expected, longest: { name: 'back up pharma first' } });
    expect(recoveryOfRestore({ ...entry, outcome: 'undone' })).toBeUndefined();
    expect(recoveryOfRestore({ ...entry, plan: undefined })).toBeUndefined();
  });

  test('and scaled in proportion, never down', () => {
    expect([scaled(100, 10, 25), scaled(100, 10, 5), scaled(100, 0, 5)]).toEqual([250, 100, 500]);
  });
});
