import { cancelled } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import type { BackupReport } from '../../src/contracts/backup.ts';
import { SetId } from '../../src/contracts/ids.ts';
import { DrydockError } from '../../src/errors.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import { edgeAt, type MemoryWorld } from '../support/world-in-memory.ts';
import { around, endOf, identityIn, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
const { serving } = seededWorlds(temporal);
const input = { instance: 'pharma' };

procedureChecks({ temporal, workflow: 'backup', input, world: serving, pointOfNoReturn: 'describeSet' });

test('a set holds every store and says what each held, and the instance serves as before', async () => {
  const world = serving();
  const before = world.snapshot() as { objects: object };
  const report = await resultOf<BackupReport>(temporal, world, 'backup', input);
  const manifest = await world.catalogue.readManifest({ set: report.set });
  expect(manifest.stores.map(({ store }) => store)).toEqual(['files', 'graph']);
  expect(manifest.stores.find(({ store }) => store === 'graph')?.contents).toMatchObject({ nodes: 2 });
  expect(new Set(manifest.artifacts.map(({ store }) => store))).toEqual(new Set(['instance', 'files', 'graph']));
  expect(manifest.checks.map(({ store }) => store).sort()).toEqual(['files', 'graph']);
  expect(report.sizeBytes).toBe(manifest.artifacts.reduce((sum, { stored }) => sum + stored.sizeBytes, 0));
  expect({ ...(world.snapshot() as object), objects: {} }).toEqual({ ...before, objects: {} });
});

test('writers are stopped and writes refused while stores are frozen', async () => {
  const world = serving();
  const seen: unknown[] = [];
  const { freezeStore } = world.hosts['h1'] as Record<string, (input: unknown) => Promise<unknown>>;
  Object.assign(world.hosts['h1'] ?? {}, {
    freezeStore: async (step: unknown) => {
      const worker = await world.containers.container('drydock-pharma_serving-worker-blue-1');
      const app = await world.containers.container('drydock-pharma_serving-app-blue-1');
      seen.push([worker?.state, app?.state, await world.edge.mode(edgeAt(world))]);
      return freezeStore?.(step);
    },
  });
  await resultOf(temporal, world, 'backup', input);
  expect(seen).toEqual([
    ['exited', 'running', 'read-only'],
    ['exited', 'running', 'read-only'],
  ]);
});

test('writes are admitted when the last store is frozen, while the stores are captured, and are in no set', async () => {
  const world = serving();
  const steps = world.hosts['h1'] as Record<string, (input: { store: string }) => Promise<unknown>>;
  const { captureStore, lowerBarrier } = steps;
  const { promise: lowered, resolve } = Promise.withResolvers<void>();
  const seen: unknown[] = [];
  Object.assign(steps, {
    lowerBarrier: async (step: { store: string }) => {
      const answer = await lowerBarrier?.(step);
      resolve();
      return answer;
    },
    captureStore: async (step: { store: string }) => {
      await lowered;
      seen.push([step.store, await world.edge.mode(edgeAt(world))]);
      for (const held of world.stores.held.values()) held.set('written after the freeze', 'x');
      return captureStore?.(step);
    },
  });
  const report = await resultOf<BackupReport>(temporal, world, 'backup', input);
  expect(seen.sort()).toEqual([
    ['files', 'open'],
    ['graph', 'open'],
  ]);
  const graph = world.stores.held.get('drydock-pharma.neo4j_data.g1');
  expect(graph?.size).toBe(3);
  expect(report.stores.find(({ store }) => store === 'graph')?.contents).toMatchObject({ nodes: 2 });
});

test('a store is archived and checked while the next one is frozen', async () => {
  const world = serving();
  const steps = world.hosts['h1'] as Record<string, (input: { store: string }) => Promise<unknown>>;
  const { freezeStore, readBackArtifacts, checkStore } = steps;
  const { promise: filesDone, resolve: filesAreDone } = Promise.withResolvers<void>();
  const seen: string[] = [];
  Object.assign(steps, {
    freezeStore: async (step: { store: string }) => {
      if (step.store === 'graph') await filesDone;
      seen.push(`freeze ${step.store}`);
      return freezeStore?.(step);
    },
    readBackArtifacts: async (step: { store: string }) => {
      await readBackArtifacts?.(step);
      if (step.store === 'files') note('read back files');
    },
    checkStore: async (step: { store: string }) => {
      const checked = await checkStore?.(step);
      note(`check ${step.store}`);
      return checked;
    },
  });
  const ofFiles = ['read back files', 'check files'];
  const note = (what: string) => {
    seen.push(what);
    if (ofFiles.every((done) => seen.includes(done))) filesAreDone();
  };
  await resultOf(temporal, world, 'backup', input);
  expect(seen[0]).toBe('freeze files');
  expect(seen.slice(1, 3).sort()).toEqual([...ofFiles].sort());
  expect(seen.slice(3)).toEqual(['freeze graph', 'check graph']);
});

test('a store that is damaged ends the freeze of the next one: nobody waits for a set that cannot be', async () => {
  const world = serving();
  const before = world.snapshot();
  const steps = world.hosts['h1'] as Record<string, (input: { store: string }) => Promise<unknown>>;
  const { freezeStore } = steps;
  Object.assign(steps, {
    freezeStore: async (step: { store: string }) => (step.store === 'graph' ? cancelled() : freezeStore?.(step)),
    checkStore: async () => {
      throw new DrydockError('damaged', 'check store files: a byte is another one');
    },
  });
  const { failure } = await endOf(temporal, world, 'backup', input);
  expect(failure).toMatchObject({ type: 'damaged' });
  expect(world.snapshot()).toEqual(before);
});

test('`.env` is in the set only if the set is encrypted, and the manifest says which', async () => {
  const plain = serving();
  const sealed = serving({ recipients: ['age1key'] });
  const sets = [await resultOf<BackupReport>(temporal, plain, 'backup', input)];
  sets.push(await resultOf<BackupReport>(temporal, sealed, 'backup', input));
  const manifests = [
    await plain.catalogue.readManifest({ set: SetId.parse(sets[0]?.set) }),
    await sealed.catalogue.readManifest({ set: SetId.parse(sets[1]?.set) }),
  ];
  expect(manifests.map(({ leftOut }) => leftOut)).toEqual([['.env'], []]);
  expect(manifests.map(({ encryption }) => encryption.kind)).toEqual(['none', 'age']);
  expect(manifests.map(({ artifacts }) => artifacts.some(({ name }) => name === 'env'))).toEqual([false, true]);
});

describe('is refused, and nothing is touched,', () => {
  test.each<[string, (world: MemoryWorld) => unknown, string]>([
    [
      'while a store is stopped',
      (world) => world.containers.stop('drydock-pharma_serving-neo4j-1', 1),
      'store graph is stopped',
    ],
    [
      'when a store has no container',
      (world) => world.containers.discard('drydock-pharma_serving-neo4j-1'),
      'store graph is absent',
    ],
  ])('%s', async (_, damage, problem) => {
    const world = serving();
    await damage(world);
    const before = world.bucket.objects.size;
    const { failure, leases } = await endOf(temporal, world, 'backup', input);
    expect(failure).toMatchObject({ type: 'refused', message: expect.stringContaining(problem) });
    expect(world.bucket.objects.size).toBe(before);
    expect(leases.holders()).toEqual([]);
  });

  test('when staging has no room', async () => {
    const { failure } = await endOf(temporal, serving({ diskFreeBytes: 1000 }), 'backup', input);
    expect(failure).toMatchObject({ type: 'refused', message: expect.stringContaining('staging needs up to') });
  });
});

test('a write that does not end keeps the barrier from being raised, and writes are served again', async () => {
  const world = serving();
  const edge = world.edge.at(edgeAt(world));
  world.drivers.edge.drainWrites = async () => ({ left: 2 });
  const { failure } = await endOf(temporal, world, 'backup', input);
  expect(failure).toMatchObject({ type: 'unhealthy', message: expect.stringContaining('2 are still running') });
  expect(edge.mode).toBe('open');
});

test('an artifact that is not read back as it was written makes no set', async () => {
  const world = serving();
  const before = world.snapshot();
  const { uploadArtifacts } = world.hosts['h1'] as Record<string, (input: unknown) => Promise<unknown>>;
  Object.assign(world.hosts['h1'] ?? {}, {
    uploadArtifacts: async (step: { store: string; artifacts: { key: string }[] }) => {
      await uploadArtifacts?.(step);
      const stored = world.bucket.objects.get(step.artifacts[0]?.key ?? '');
      if (step.store === 'graph' && stored !== undefined) stored.body = Buffer.from(stored.body).fill(0, 3, 4);
    },
  });
  const { failure } = await endOf(temporal, world, 'backup', input);
  expect(failure).toMatchObject({ type: 'damaged', message: expect.stringContaining('SHA-256') });
  expect(world.snapshot()).toEqual(before);
});

describe('a capture of some stores', () => {
  const { serving: world } = seededWorlds(temporal, { stores: ['graph', 'queue', 'files'], recipients: ['age1key'] });
  const ofQueue = { ...input, stores: ['queue'] };
  const manifestOf = (from: MemoryWorld, { set }: BackupReport) => from.catalogue.readManifest({ set });

  procedureChecks({ temporal, workflow: 'backup', input: ofQueue, world, pointOfNoReturn: 'describeSet' });

  test('of the queue stops nothing, holds nothing else, and is verified at once', async () => {
    const serves = world();
    const seen: string[] = [];
    around(serves, async (_, step) => {
      const worker = await serves.containers.container('drydock-pharma_serving-worker-blue-1');
      seen.push(`${step}: worker ${worker?.state}, edge ${await serves.edge.mode(edgeAt(serves))}`);
    });
    const { result, leases } = await endOf<BackupReport>(temporal, serves, 'backup', ofQueue);
    const steps = [
      ...[
        'captureStore',
        'checkStore',
        'describeSet',
        'discardStaging',
        'freezeStore',
        'planBackup',
        'readBackArtifacts',
      ],
      ...['sealArtifacts', 'uploadArtifacts'],
    ];
    expect(seen.sort()).toEqual(steps.map((step) => `${step}: worker running, edge open`));
    expect(result).toMatchObject({ barrierMs: 0, withoutStores: ['files', 'graph'] });
    const manifest = await manifestOf(serves, result);
    expect(manifest).not.toHaveProperty('barrier');
    expect(manifest).toMatchObject({ withoutStores: ['files', 'graph'], leftOut: ['.env'] });
    expect(manifest.stores.map(({ store }) => store)).toEqual(['queue']);
    expect(manifest.checks.map(({ store }) => store)).toEqual(['queue']);
    expect(new Set(manifest.artifacts.map(({ store }) => store))).toEqual(new Set(['queue']));
    expect((await serves.catalogue.listSets({ of: await identityIn(serves) }))[0]).toMatchObject({
      set: result.set,
      level: 'every byte',
    });
    expect(leases.released).toEqual([{}]); // the last set of the instance is still the last whole one
  });

  test('says what it holds, whatever was written while it was made', async () => {
    const serves = world();
    const { redis } = serves.drivers.stores;
    Object.assign(serves.drivers.stores, {
      redis: {
        ...redis,
        contents: async (at: Parameters<typeof redis.contents>[0]) => {
          const counted = await redis.contents(at);
          serves.stores.held.get(at.volume)?.set('written after it was counted', 'x');
          return counted;
        },
      },
    });
    const manifest = await manifestOf(serves, await resultOf(temporal, serves, 'backup', ofQueue));
    expect(manifest.stores).toMatchObject([{ store: 'queue', contents: { keys: 3 } }]);
  });

  test('whose tool does not say what it holds is none', async () => {
    const serves = world();
    const before = serves.snapshot();
    const { redis } = serves.drivers.stores;
    const check = async () => ({ tool: 'a tool', result: 'fine' });
    Object.assign(serves.drivers.stores, { redis: { ...redis, check } });
    const { failure } = await endOf(temporal, serves, 'backup', ofQueue);
    expect(failure).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('the store was written meanwhile'),
    });
    expect(serves.snapshot()).toEqual(before);
  });

  test('of a store that cannot be counted while it is written stops writing, of that store alone', async () => {
    const serves = world();
    const report = await resultOf<BackupReport>(temporal, serves, 'backup', { ...input, stores: ['graph'] });
    const manifest = await manifestOf(serves, report);
    expect(manifest).toMatchObject({ barrier: { from: expect.any(String) }, withoutStores: ['files', 'queue'] });
    expect(await serves.edge.mode(edgeAt(serves))).toBe('open');
  });

  test('of stores that there are not is refused with all of them', async () => {
    const { failure } = await endOf(temporal, world(), 'backup', { ...input, stores: ['cache', 'queue', 'blobs'] });
    expect(failure).toMatchObject({ type: 'refused', message: expect.stringMatching(/store cache[\s\S]*store blobs/) });
  });
});
