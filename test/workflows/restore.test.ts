import { describe, expect, test } from 'vitest';
import { SetId } from '../../src/contracts/ids.ts';
import type { RestoreReport } from '../../src/contracts/restore.ts';
import { volumeName } from '../../src/model/instance/names.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import { rewrite, spoil } from '../support/world-evidence.ts';
import type { MemoryWorld } from '../support/world-in-memory.ts';
import { around, endOf, resultOf, servedBy } from '../support/world-runs.ts';

const temporal = inProcess();
const worlds = seededWorlds(temporal);
const { serving } = worlds;
const input = { instance: 'pharma', confirm: 'pharma' };
const withoutSafetySet = { ...input, skipSafetySet: 'the data is of no use' };

procedureChecks({
  temporal,
  workflow: 'restore',
  input: withoutSafetySet,
  world: serving,
  pointOfNoReturn: 'discardStaging',
});

describe('a restore', () => {
  test('serves what the set holds, keeps the old generation, and takes a set of it first under the same lease', async () => {
    const world = serving();
    const tokens = new Set<number>();
    around(world, ({ lease }) => {
      if (lease !== undefined) tokens.add(lease.token);
    });
    const report = await resultOf<RestoreReport>(temporal, world, 'restore', input);
    expect(await servedBy(world)).toEqual(['old', 'old page']);
    expect(report.comparisons.map(({ store, equal }) => [store, equal])).toEqual([
      ['graph', true],
      ['files', true],
    ]);
    const { set } = report;
    expect(set).toBe(worlds.seeds.set);
    const safety = await world.catalogue.readManifest({ set: SetId.parse(report.safetySet) });
    expect(safety.reason).toBe('safety');
    expect(safety.stores.find(({ store }) => store === 'graph')?.contents).toMatchObject({ nodes: 2 });
    expect([...tokens]).toEqual([1]);
    const record = await world.drivers.directories.record('pharma');
    expect(record).toMatchObject({ generation: 2, retired: [{ generation: 1 }] });
    expect(await world.containers.volume('drydock-pharma.neo4j_data.g1')).toBeDefined();
    expect(await world.drivers.directories.read('pharma', '.drydock/generations/g1/files/data/docs/page.txt')).toBe(
      'new page',
    );
  });

  test('checks a store while the next one is fetched, and lets no store wait for another to come up', async () => {
    const world = serving();
    const steps = world.hosts['h1'] as Record<string, (input: { store: string }) => Promise<unknown>>;
    const met: string[] = [];
    /** Both steps are there before either goes on: one after the other they would never meet. */
    const meeting = (...names: [string, string]) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let missing = names.length;
      for (const name of names) {
        const [activity = '', store] = name.split(' ');
        const step = steps[activity];
        steps[activity] = async (given) => {
          if (given.store === store) {
            missing -= 1;
            if (missing === 0) resolve();
            await promise;
            met.push(name);
          }
          return step?.(given);
        };
      }
    };
    meeting('checkStore graph', 'fetchArtifacts files');
    meeting('loadRunningStore graph', 'compareStore files');
    await resultOf(temporal, world, 'restore', withoutSafetySet);
    expect(met.slice(0, 2).sort()).toEqual(['checkStore graph', 'fetchArtifacts files']);
    expect(met.slice(2).sort()).toEqual(['compareStore files', 'loadRunningStore graph']);
    expect(await servedBy(world)).toEqual(['old', 'old page']);
  });

  test('stops what it built together with what serves', async () => {
    const { steps } = await resultOf<RestoreReport>(temporal, serving(), 'restore', withoutSafetySet);
    expect(steps.map(({ name }) => name)).not.toContain('stop generation 2');
  });

  test('after a restore leads back to the newer data', async () => {
    const world = serving();
    const { safetySet } = await resultOf<RestoreReport>(temporal, world, 'restore', input);
    const back = { ...withoutSafetySet, set: safetySet };
    const report = await resultOf<RestoreReport>(temporal, world, 'restore', back);
    expect(await servedBy(world)).toEqual(['new', 'new page']);
    expect(report.generation).toBe(3);
  });

  test('works while the serving stores are dead, if no safety set is wanted', async () => {
    const world = serving();
    await world.containers.stop('drydock-pharma_serving-neo4j-1', 1);
    const refused = await endOf(temporal, world, 'restore', input);
    expect(refused.failure).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('store graph is stopped'),
    });
    await resultOf(temporal, world, 'restore', withoutSafetySet);
    expect(await servedBy(world)).toEqual(['old', 'old page']);
  });

  test('is known by the instance even if the way to its report fails', async () => {
    const world = serving();
    around(world, (_, step) => {
      if (step === 'addresses') throw new Error('the last step fails');
    });
    const { failure, leases } = await endOf(temporal, world, 'restore', withoutSafetySet);
    expect(failure).toBeDefined();
    expect(await servedBy(world)).toEqual(['old', 'old page']);
    expect(leases.released).toMatchObject([{ generation: 2 }]);
  });
});

describe('beside captures', () => {
  const withQueue = seededWorlds(temporal, { stores: ['graph', 'queue', 'files'] });
  /** The instance holds new data, and the only whole set holds the old data. */
  async function captured(stores = ['queue']): Promise<{ world: MemoryWorld; capture: string }> {
    const world = withQueue.serving();
    const { set } = await resultOf<{ set: string }>(temporal, world, 'backup', { instance: 'pharma', stores });
    return { world, capture: set };
  }
  const wordsIn = (world: MemoryWorld, volume: string) => [
    ...new Set(world.stores.held.get(volumeName('pharma', volume, 2))?.values()),
  ];

  test('takes a store from the newest of them when it is asked to, and says how far apart they are', async () => {
    const { world, capture } = await captured();
    const newest = { ...withoutSafetySet, newest: ['queue'] };
    const report = await resultOf<RestoreReport>(temporal, world, 'restore', newest);
    expect(report).toMatchObject({ set: withQueue.seeds.set, newer: [{ store: 'queue', set: capture }] });
    expect(report.newer?.[0]?.laterMs).toBeGreaterThan(0);
    expect(report.comparisons.map(({ equal }) => equal)).toEqual([true, true, true]);
    expect([wordsIn(world, 'neo4j_data'), wordsIn(world, 'redis_data')]).toEqual([['old'], ['new']]);
  });

  test('uses none of them otherwise, and the latest set is the whole one', async () => {
    const { world } = await captured();
    const report = await resultOf<RestoreReport>(temporal, world, 'restore', withoutSafetySet);
    expect(report).not.toHaveProperty('newer');
    expect(report.set).toBe(withQueue.seeds.set);
    expect(wordsIn(world, 'redis_data')).toEqual(['old']);
  });

  test('makes a new instance of a set and a newer store, too', async () => {
    const { world, capture } = await captured();
    const request = { instance: 'pharma', as: 'copy', newest: ['queue'] };
    const report = await resultOf<RestoreReport>(temporal, world, 'restore', request);
    expect(report).toMatchObject({ set: withQueue.seeds.set, newer: [{ store: 'queue', set: capture }] });
    expect([...(world.stores.held.get(volumeName('copy', 'redis_data', 2))?.values() ?? [])]).toContain('new');
  });

  test('goes on with the set itself where nothing newer holds the store', async () => {
    const { world } = await captured();
    const newest = { ...withoutSafetySet, newest: ['graph'] };
    const report = await resultOf<RestoreReport>(temporal, world, 'restore', newest);
    expect(report).not.toHaveProperty('newer');
  });

  test.each([
    ['a restore', 'restore', withoutSafetySet],
    ['a restore as a new instance', 'restore', { instance: 'pharma', as: 'copy' }],
    ['a drill', 'drill', { instance: 'pharma' }],
  ])('%s from one alone is refused, and nothing is touched', async (_, workflow, request) => {
    const { world, capture } = await captured();
    const before = world.snapshot();
    const { failure, leases } = await endOf(temporal, world, workflow, { ...request, set: capture });
    expect(failure).toMatchObject({
      type: 'refused',
      message: expect.stringContaining(`set ${capture} is a capture of queue and holds nothing else`),
    });
    expect(world.snapshot()).toEqual(before);
    expect(leases.holders()).toEqual([]);
  });

  test('refuses stores that the set does not have, all of them', async () => {
    const { world } = await captured();
    const { failure } = await endOf(temporal, world, 'restore', { ...withoutSafetySet, newest: ['cache', 'blobs'] });
    expect(failure).toMatchObject({ type: 'refused', message: expect.stringMatching(/store cache[\s\S]*store blobs/) });
  });

  test('stays as it was when the capture is damaged', async () => {
    const { world, capture } = await captured();
    spoil(world, `${capture}/queue/`);
    const before = world.snapshot();
    const { failure } = await endOf(temporal, world, 'restore', { ...withoutSafetySet, newest: ['queue'] });
    expect(failure).toMatchObject({ type: 'damaged' });
    expect(world.snapshot()).toEqual(before);
  });
});

describe('the old generation goes on serving', () => {
  const touching = ['closeEdge', 'stopServing'];
  const unharmed = async (world: MemoryWorld, code: string, problem: string, never = touching) => {
    const before = world.snapshot();
    const taken: string[] = [];
    around(world, (_, step) => {
      if (never.includes(step)) taken.push(step);
    });
    const { failure } = await endOf(temporal, world, 'restore', withoutSafetySet);
    expect(failure).toMatchObject({ type: code, message: expect.stringContaining(problem) });
    expect(world.snapshot()).toEqual(before);
    expect(taken).toEqual([]);
  };

  test('when the new one does not hold what the set says', async () => {
    const world = serving();
    rewrite(world, (manifest) => {
      const graph = manifest.stores.find(({ store }) => store === 'graph');
      if (graph !== undefined) Object.assign(graph.contents, { nodes: 7 });
    });
    await unharmed(world, 'mismatch', 'nodes: 7 expected, 1 found');
  });

  test.each(['graph', 'files'])('when a byte of an artifact of %s is another one: nothing is made', async (store) => {
    const world = serving();
    spoil(world, `/${store}/`);
    await unharmed(world, 'damaged', 'the bytes are not what was sealed', [...touching, 'createGeneration']);
  });

  test('when an artifact is gone', async () => {
    const world = serving();
    const key = [...world.bucket.objects.keys()].find((name) => name.includes('/files/')) ?? '';
    world.bucket.objects.delete(key);
    await unharmed(world, 'refused', `artifact ${key} is missing`);
  });

  test('when the stores of the new one do not become healthy', async () => {
    const world = serving();
    world.sick.add('neo4j');
    await unharmed(world, 'unhealthy', 'I am sick');
  });
});

describe('is refused', () => {
  test.each([
    ['without a confirmation', { instance: 'pharma' }, 'not-confirmed', 'nothing was typed'],
    ['with another confirmation', { ...input, confirm: 'farma' }, 'not-confirmed', '“farma” was typed'],
    [
      'for a set that is not there',
      { ...input, set: '20200101T000000Z-00000000' },
      'not-found',
      'no instance has this set',
    ],
  ])('%s, and nothing is touched', async (_, request, code, problem) => {
    const world = serving();
    const before = world.snapshot();
    const { failure } = await endOf(temporal, world, 'restore', request);
    expect(failure).toMatchObject({ type: code, message: expect.stringContaining(problem) });
    expect(world.snapshot()).toEqual(before);
  });
});
