import { describe, expect, test } from 'vitest';
import { Generation } from '../../../src/contracts/ids.ts';
import type { Manifest } from '../../../src/contracts/manifest.ts';
import { nextGeneration, planRestore } from '../../../src/model/sets/plan-restore.ts';
import { compareVersions } from '../../../src/model/sets/versions.ts';
import {
  aBlueprint,
  aCapture,
  aManifest,
  anArtifact,
  anIdentity,
  aRecord,
  instanceId,
  setId,
} from '../../support/builders.ts';
import { refusalFrom } from '../../support/refusals.ts';

const whole = aManifest();
const well: Parameters<typeof planRestore>[2] = {
  record: aRecord(),
  stores: { graph: 'healthy', vectors: 'healthy', queue: 'healthy' },
  storedSizes: new Map(whole.artifacts.map(({ key, stored }) => [key, stored.sizeBytes])),
  engineVersions: { graph: '1.2.3', vectors: '1.2.3', queue: '1.2.3' },
  diskFreeBytes: 12_000,
  memoryFreeBytes: 1000,
  memoryNeededBytes: 1000,
  canDecrypt: false,
  safetySet: 'take',
  purpose: { kind: 'serve' },
  toGeneration: Generation.parse(2),
};

function plan(observed: Partial<typeof well> = {}, manifest: Manifest = whole) {
  return planRestore(manifest, aBlueprint(), { ...well, ...observed }, { graph: 'neo4j:5' });
}

const refused = (...given: Parameters<typeof plan>) => refusalFrom(() => plan(...given));

test('the next generation is built beside the serving one, in the blueprint’s order', () => {
  expect(plan()).toMatchObject({
    set: setId,
    source: anIdentity(),
    fromGeneration: 1,
    toGeneration: 2,
    stores: ['graph', 'vectors', 'queue', 'files'],
    volumes: { graph: 'drydock-pharma.neo4j_data.g2' },
    images: { graph: 'neo4j:5' },
    staging: `restore-${setId}`,
    stagingBytes: 4000,
  });
});

test('the number of a retired generation is not used again', () => {
  const kept = { keepUntil: '2026-12-01T00:00:00.000Z' };
  const record = aRecord({
    generation: 2,
    retired: [
      { generation: 4, ...kept },
      { generation: 1, ...kept },
    ],
  });
  expect(nextGeneration(record)).toBe(5);
  expect(plan({ record, toGeneration: nextGeneration(record) })).toMatchObject({ fromGeneration: 2, toGeneration: 5 });
});

const without = (store: string) => whole.artifacts.filter((artifact) => artifact.store !== store);
const key = `instances/pharma.${instanceId}/sets/${setId}/graph/graph.dump`;

describe('is refused when', () => {
  test.each<[string, Partial<typeof well>, Manifest, string]>([
    [
      'an artifact is missing',
      { storedSizes: new Map([...well.storedSizes].slice(1)) },
      whole,
      `artifact ${key} is missing`,
    ],
    [
      'an artifact has another size',
      { storedSizes: new Map([...well.storedSizes, [key, 499]]) },
      whole,
      `artifact ${key} has 499 bytes, the manifest says 500`,
    ],
    [
      'a key lies outside the set',
      { diskFreeBytes: 20_000, storedSizes: new Map([...well.storedSizes, [`instances/acme.${instanceId}/x`, 500]]) },
      aManifest({ artifacts: [...whole.artifacts, anArtifact('graph', { key: `instances/acme.${instanceId}/x` })] }),
      `artifact instances/acme.${instanceId}/x lies outside the set`,
    ],
    [
      'a key leads out of the set',
      {
        diskFreeBytes: 20_000,
        storedSizes: new Map([...well.storedSizes, [`instances/pharma.${instanceId}/sets/${setId}0/x`, 500]]),
      },
      aManifest({
        artifacts: [
          ...whole.artifacts,
          anArtifact('graph', { key: `instances/pharma.${instanceId}/sets/${setId}0/x` }),
        ],
      }),
      'lies outside the set',
    ],
    [
      'a store has no artifact',
      {},
      aManifest({ artifacts: without('queue') }),
      'the set has no artifact of store queue',
    ],
    [
      'a store is not in the set',
      {},
      aManifest({ stores: whole.stores.filter(({ store }) => store !== 'queue') }),
      'the set has no store queue',
    ],
    [
      'the set has a store too many',
      {},
      aManifest({ stores: [...whole.stores, { ...whole.stores[0], store: 'extra' }] }),
      'the set has a store extra that the blueprint does not know',
    ],
    [
      'it was made with another blueprint',
      {},
      aManifest({ blueprint: { ref: 'stack@0.9.0', digest: 'cd'.repeat(32) } }),
      'the set was made with stack@0.9.0, the instance runs stack@1.0.0: restore it with --as under another name',
    ],
    [
      'a newer engine wrote it',
      { engineVersions: { ...well.engineVersions, graph: '1.2.2-community' } },
      whole,
      'store graph was captured by version 1.2.3, the instance runs 1.2.2-community: an older engine cannot read it',
    ],
    [
      'the disk has no room',
      { diskFreeBytes: 11_999 },
      whole,
      'a second copy needs 11.7 KiB of disk; 11.7 KiB are free',
    ],
    [
      'memory has no room',
      { memoryFreeBytes: 999 },
      whole,
      'stores side by side need 1000 B of memory; 999 B are free',
    ],
    [
      'the host cannot decrypt it',
      {},
      aManifest({ encryption: { kind: 'age', recipients: ['age1'] } }),
      'host h1 has no age identity; give its worker DRYDOCK_AGE_IDENTITY_FILE',
    ],
    [
      'no safety set can be taken',
      { stores: { ...well.stores, graph: 'stopped' } },
      whole,
      'store graph is stopped, so no safety set can be taken: pass skipSafetySet with a reason to go without',
    ],
  ])('%s', (_, observed, manifest, problem) => {
    expect(refused(observed, manifest)).toMatchObject({
      code: 'refused',
      problems: [expect.stringContaining(problem)],
    });
  });

  test('more than one thing is wrong, with all of them', () => {
    expect(refused({ storedSizes: new Map(), diskFreeBytes: 0, memoryFreeBytes: 0 }).problems).toHaveLength(6);
  });
});

test('a host with the identity takes an encrypted set', () => {
  const encrypted = aManifest({ encryption: { kind: 'age', recipients: ['age1'] } });
  expect(plan({ canDecrypt: true }, encrypted)).toMatchObject({ toGeneration: 2 });
});

test('dead stores do not matter when no safety set is wanted', () => {
  expect(plan({ stores: { graph: 'absent' }, safetySet: 'skip' })).toMatchObject({ toGeneration: 2 });
});

describe('with a store of a newer capture', () => {
  const captured = '20261121T113000Z-00000001';
  const capture = aCapture(captured, ['queue']);
  const [artifact] = capture.artifacts;
  const sizes = capture.artifacts.map(({ key: at, stored }) => [at, stored.sizeBytes] as const);
  const storedSizes = new Map([...well.storedSizes, ...sizes]);
  const newer = [{ store: 'queue', manifest: capture }];
  const queueOf = (changes: object) => [{ store: 'queue', manifest: aCapture(captured, ['queue'], changes) }];

  test('takes that store from it and the others from the set, and says how far apart they are', () => {
    const counted = { ...capture.stores[0], contents: { kind: 'redis', keys: 9, expiring: 0 } };
    const built = plan({ storedSizes, newer: queueOf({ stores: [counted] }) });
    expect(built).toMatchObject({
      set: setId,
      newer: [{ store: 'queue', set: captured, createdAt: '2026-11-21T11:30:00.000Z', laterMs: 8.5 * 3_600_000 }],
    });
    expect(built.artifacts.map(({ store, key: at }) => [store, at.includes(captured)])).toEqual([
      ['graph', false],
      ['vectors', false],
      ['files', false],
      ['queue', true],
    ]);
    expect(built.expected.filter(({ store }) => store === 'queue')).toEqual([counted]);
  });

  test('says nothing of other sets when there is none', () => {
    expect(plan({ newer: [] }).newer).toEqual([]);
  });

  test.each<[string, Partial<typeof well>, string]>([
    ['has lost its artifact', { newer }, `artifact ${artifact?.key} is missing`],
    [
      'was made with another blueprint',
      { storedSizes, newer: queueOf({ blueprint: { ref: 'stack@0.9.0', digest: 'cd'.repeat(32) } }) },
      `set ${captured}, which queue would come from, was made with stack@0.9.0, set ${setId} with another`,
    ],
    [
      'does not hold it',
      { storedSizes, newer: [{ store: 'vectors', manifest: capture }] },
      `set ${captured} has no store vectors`,
    ],
    [
      'names an object outside of it',
      { newer: queueOf({ artifacts: [anArtifact('queue')] }) },
      `artifact instances/pharma.${instanceId}/sets/${setId}/queue/queue.dump lies outside the set`,
    ],
    [
      'is sealed and cannot be opened here',
      { storedSizes, newer: queueOf({ encryption: { kind: 'age', recipients: ['age1'] } }) },
      'host h1 has no age identity',
    ],
  ])('is refused when that %s', (_, observed, problem) => {
    const problems = expect.arrayContaining([expect.stringContaining(problem)]);
    expect(refused(observed)).toMatchObject({ code: 'refused', problems });
  });
});

test('a capture alone is refused in one sentence that says what to do', () => {
  const captured = '20261121T113000Z-00000001';
  const manifest = aCapture(captured, ['queue']);
  const storedSizes = new Map(manifest.artifacts.map(({ key: at, stored }) => [at, stored.sizeBytes]));
  expect(refused({ storedSizes }, manifest)).toMatchObject({
    code: 'refused',
    problems: [
      `set ${captured} is a capture of queue and holds nothing else: restore a whole set, with --newest queue to take these stores from the newest capture`,
    ],
  });
});

test.each([
  ['5.26.1', '5.26.1-community', 0],
  ['5.26.2', '5.26.10', -1],
  ['v1.16.3', '1.9.0', 1],
  ['7.0', '7.0.0', 0],
  ['tar (GNU tar) 1.34', 'tar (GNU tar) 1.35', -1],
  ['unknown', '1.0', -1],
])('version %s compared with %s', (left, right, sign) => {
  expect(Math.sign(compareVersions(left, right))).toBe(sign);
});
