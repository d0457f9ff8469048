import { describe, expect, test } from 'vitest';
import { describeBackup } from '../../src/client/words/backup.ts';
import { describeDrill } from '../../src/client/words/drill.ts';
import { describeManifest } from '../../src/client/words/manifest.ts';
import { describeRestore } from '../../src/client/words/restore.ts';
import { describeSets } from '../../src/client/words/sets.ts';
import { BackupReport } from '../../src/contracts/backup.ts';
import { DrillReport } from '../../src/contracts/drill.ts';
import { SetSummary } from '../../src/contracts/manifest.ts';
import { RestoreReport } from '../../src/contracts/restore.ts';
import { SetsReport } from '../../src/contracts/sets.ts';
import { aCapture, aManifest, anIdentity, digest, instanceId, setId } from '../support/builders.ts';

const at = '2026-11-21T03:00:00.000Z';
const aSet = (changes: object = {}) =>
  SetSummary.parse({
    set: setId,
    ...anIdentity(),
    reason: 'scheduled',
    createdAt: at,
    blueprint: 'stack@1.0.0',
    sizeBytes: 2000,
    encrypted: true,
    ...changes,
  });
const described = (changes: object = {}) =>
  describeSets(
    SetsReport.parse({ procedure: 'sets', instance: 'pharma', lives: [], sets: [aSet(changes)], steps: [] }),
  ).split('\n');

describe('the list of sets says what is proven of each', () => {
  test.each<[string, object, RegExp]>([
    ['nothing since its backup', {}, /captured +when taken +never$/],
    ['its bytes', { level: 'every byte', verifiedAt: at }, /every byte +2026-11-21 03:00 +never$/],
    [
      'that it came up',
      {
        level: 'drilled',
        verifiedAt: at,
        drilledAt: at,
        lastDrill: { at, finding: { outcome: 'passed' }, recoveryMs: 75_293 },
      },
      /drilled +2026-11-21 03:00 +2026-11-21 03:00, 1 min 15 s$/,
    ],
    [
      'that it did not',
      { level: 'bad', lastDrill: { at, finding: { outcome: 'failed', code: 'mismatch', problem: 'nodes' } } },
      /bad +when taken +2026-11-21 03:00 FAILED \(mismatch\)$/,
    ],
  ])('%s', (_, changes, line) => {
    expect(described(changes)[1]).toMatch(line);
  });

  test('and what each holds', () => {
    expect(described()[1]).toMatch(new RegExp(`^${setId} +all stores +scheduled`));
    const capture = { stores: ['queue'], withoutStores: ['graph', 'files'] };
    expect(described(capture)[1]).toMatch(new RegExp(`^${setId} +queue +scheduled`));
  });

  test('and which evidence does not count', () => {
    const problem = 'evidence/0002.json: the chain is broken';
    expect(described({ evidenceProblems: [problem] }).at(-1)).toBe(`evidence of ${setId} does not count: ${problem}`);
  });
});

test('a backup says what it made, and whether writing stopped', () => {
  const queue = aManifest().stores.filter(({ store }) => store === 'queue');
  const report = (changes: object) =>
    describeBackup(
      BackupReport.parse({
        ...{ procedure: 'backup', instance: 'pharma', set: setId, sizeBytes: 2048, barrierMs: 0 },
        ...{ stores: queue, steps: [] },
        ...changes,
      }),
    ).split('\n')[0];
  expect(report({ withoutStores: ['graph'] })).toBe(`capture ${setId}: 2.0 KiB, writing went on`);
  expect(report({ barrierMs: 8000 })).toBe(`set ${setId}: 2.0 KiB, writing stopped for 8.0 s`);
});

test('a restore says which store comes from another set, and how much later that was made', () => {
  const newer = '20261121T113000Z-00000001';
  const report = RestoreReport.parse({
    procedure: 'restore',
    instance: 'pharma',
    set: setId,
    newer: [{ store: 'queue', set: newer, createdAt: '2026-11-21T11:30:00.000Z', laterMs: 8.5 * 3_600_000 }],
    generation: 2,
    unavailableMs: 1000,
    comparisons: ['graph', 'queue'].map((store) => ({ store, equal: true, differences: [] })),
    addresses: {},
    steps: [],
  });
  expect(describeRestore(report).split('\n').slice(1)).toEqual([
    '  graph: equal to the set',
    `  queue: equal to set ${newer}, which was made 8 h 30 min after the set of the other stores`,
  ]);
});

test('a manifest says that it is a capture, and of what', () => {
  const shown = describeManifest(aCapture('20261121T113000Z-00000001', ['queue']));
  expect(shown).toContain('while writing went on');
  expect(shown).toMatch(/^capture +without graph, vectors, files$/m);
  expect(describeManifest(aManifest())).toContain('writing stopped for 8.0 s');
});

test('a drill says what it compared, asked, removed and measured, and where it is noted', () => {
  const key = `instances/pharma.${instanceId}/sets/${setId}/evidence/0001.json`;
  const report = DrillReport.parse({
    procedure: 'drill',
    instance: 'pharma',
    host: 'h1',
    set: setId,
    sizeBytes: 1_400_000,
    recoveryMs: 75_293,
    comparisons: [{ store: 'graph', equal: true, differences: [] }],
    checks: [{ what: 'GET /health of app', ok: true, seen: 'status 200' }],
    removed: ['containers, volumes and networks of project drydock-pharma_g2'],
    evidence: { key, sha256: digest },
    steps: [
      { name: 'plan drill', state: 'done', startedAt: at, endedAt: '2026-11-21T03:00:03.500Z' },
      { name: 'record evidence', state: 'running', startedAt: at },
    ],
  });
  expect(describeDrill(report).split('\n')).toEqual([
    `set ${setId} of pharma comes up on host h1: 1.3 MiB in 1 min 15 s`,
    '  graph: equal to the set',
    '  ✔ GET /health of app: status 200',
    'removed, looked for again, and not found:',
    '  containers, volumes and networks of project drydock-pharma_g2',
    '',
    expect.stringMatching(/^STEP +TOOK$/),
    expect.stringMatching(/^plan drill +3.5 s$/),
    '',
    `noted in ${key}`,
  ]);
});
