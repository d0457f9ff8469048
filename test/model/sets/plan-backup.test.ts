import { describe, expect, test } from 'vitest';
import { BackupRequest } from '../../../src/contracts/backup.ts';
import { SetId } from '../../../src/contracts/ids.ts';
import { planDecommission } from '../../../src/model/instance/plan-decommission.ts';
import { type BackupObservation, planBackup } from '../../../src/model/sets/plan-backup.ts';
import { aBlueprint, aRecord, setId } from '../../support/builders.ts';
import { refusalFrom } from '../../support/refusals.ts';

const well: BackupObservation = {
  record: aRecord({ colour: 'green', generation: 3 }),
  stores: { graph: 'healthy', vectors: 'healthy', queue: 'healthy' },
  images: { 'app-green': 'a', 'worker-green': 'w' },
  space: { graph: { stagingBytes: 1000, storeBytes: 0 }, vectors: { stagingBytes: 500, storeBytes: 700 } },
  stagingFreeBytes: 3000,
  storeFreeBytes: 700,
  recipients: ['age1'],
};

function plan(changes: Partial<BackupObservation> = {}, request: object = {}) {
  return planBackup(
    BackupRequest.parse({ instance: 'pharma', ...request }),
    aBlueprint(),
    SetId.parse(setId),
    '2026-11-21T03:00:00.000Z',
    { ...well, ...changes },
  );
}

const refused = (...given: Parameters<typeof plan>) => refusalFrom(() => plan(...given));

test('stores are captured in the blueprint’s order, with the writers of the colour stopped', () => {
  expect(plan({}, { reason: 'scheduled' })).toMatchObject({
    set: setId,
    reason: 'scheduled',
    stores: ['files', 'queue', 'vectors', 'graph'],
    writers: ['worker-green'],
    colour: 'green',
    generation: 3,
    staging: `backup-${setId}`,
    stagingBytes: 3000,
    recipients: ['age1'],
    leftOut: [],
  });
});

test('without encryption `.env` is left out, and the plan says so', () => {
  expect(plan({ recipients: [] })).toMatchObject({ recipients: [], leftOut: ['.env'] });
});

test('a whole set has every store, however the stores are named, and stops writing', () => {
  for (const stores of [undefined, ['graph', 'vectors', 'queue', 'files']]) {
    const whole = plan({}, stores === undefined ? {} : { stores });
    expect(whole).toMatchObject({ stores: ['files', 'queue', 'vectors', 'graph'], writes: 'stopped', leftOut: [] });
    expect(whole).not.toHaveProperty('withoutStores');
  }
});

describe('a capture of some stores', () => {
  test('of a store that says itself what its capture holds stops nothing, and takes no secrets along', () => {
    expect(plan({}, { stores: ['queue', 'queue'] })).toMatchObject({
      stores: ['queue'],
      withoutStores: ['files', 'vectors', 'graph'],
      writes: 'go on',
      leftOut: ['.env'],
    });
  });

  test.each([['graph'], ['vectors'], ['files']])('of %s stops writing: it is counted before that', (store) => {
    expect(plan({}, { stores: ['queue', store] }).writes).toBe('stopped');
  });

  test('does not mind what the other stores and the release do', () => {
    const others = { stores: { graph: 'stopped', queue: 'healthy' }, images: {} } as const;
    expect(plan(others, { stores: ['queue'] })).toMatchObject({ stores: ['queue'] });
    expect(refused(others, { stores: ['graph'] })).toMatchObject({
      problems: expect.arrayContaining(['store graph is stopped']),
    });
  });

  test('minds them when it stops writing: all of them must run before writes are served again', () => {
    const others = { stores: { graph: 'healthy', queue: 'unhealthy' }, images: {} } as const;
    expect(refused(others, { stores: ['graph'] })).toMatchObject({
      problems: expect.arrayContaining(['store queue is unhealthy', 'service app-green has no container']),
    });
  });

  test('of stores that the blueprint does not have is refused with all of them, and with what else is wrong', () => {
    expect(refused({ stagingFreeBytes: 0 }, { stores: ['cache', 'queue', 'blobs'] })).toMatchObject({
      code: 'refused',
      problems: [
        'stack@1.0.0 has no store cache; it has files, queue, vectors, graph',
        'stack@1.0.0 has no store blobs; it has files, queue, vectors, graph',
        expect.stringContaining('staging needs up to'),
      ],
    });
  });
});

test.each<[string, Partial<BackupObservation>, string[]]>([
  ['a store is stopped', { stores: { ...well.stores, queue: 'stopped' } }, ['store queue is stopped']],
  ['a store is not yet healthy', { stores: { graph: 'starting' } }, ['store graph is starting']],
  ['a service has no container', { images: { 'app-green': 'a' } }, ['service worker-green has no container']],
  ['staging is too small', { stagingFreeBytes: 2999 }, ['staging needs up to 2.9 KiB; 2.9 KiB are free']],
  [
    'a store has no room',
    { storeFreeBytes: 699 },
    ['the stores need up to 700 B for their own temporary files; 699 B are free'],
  ],
  [
    'everything is wrong',
    { stores: { graph: 'unhealthy', queue: 'absent' }, stagingFreeBytes: 0, storeFreeBytes: 0 },
    [
      'store graph is unhealthy',
      'store queue is absent',
      'staging needs up to 2.9 KiB; 0 B are free',
      'the stores need up to 700 B for their own temporary files; 0 B are free',
    ],
  ],
])('is refused when %s', (_, observed, problems) => {
  expect(refused(observed)).toMatchObject({
    code: 'refused',
    message: 'plan a backup of pharma: refused',
    problems,
  });
});

test('a decommissioning whose last set cannot be taken is refused with every reason', () => {
  expect(() => planDecommission('pharma', { graph: 'healthy' })).not.toThrow();
  expect(
    refusalFrom(() => planDecommission('pharma', { graph: 'absent', queue: 'healthy', vectors: 'starting' })),
  ).toMatchObject({ code: 'refused', problems: ['store graph is absent', 'store vectors is starting'] });
});
