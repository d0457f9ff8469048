import { describe, expect, test } from 'vitest';
import { SetId } from '../../src/contracts/ids.ts';
import { DrydockError } from '../../src/errors.ts';
import { inProcess } from '../support/in-process.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import { exchangeGraph, records, spoil, withoutEvidence } from '../support/world-evidence.ts';
import type { MemoryWorld, WorldOptions } from '../support/world-in-memory.ts';
import { endOf, identityIn, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
const worlds = seededWorlds(temporal, { recipients: ['age1test'] });
const { serving } = worlds;
const input = { instance: 'pharma' };

describe('a drill fails, leaves nothing and notes why', () => {
  const fails = async (world: MemoryWorld, code: string, problem: string) => {
    const before = withoutEvidence(world).snapshot();
    const { failure } = await endOf(temporal, world, 'drill', input);
    expect(failure).toMatchObject({ type: code, message: expect.stringContaining(problem) });
    expect(withoutEvidence(world).snapshot()).toEqual(before);
    const finding = { outcome: 'failed', code, problem: expect.stringContaining(problem) };
    expect(records(world)).toMatchObject([{ kind: 'drilled', finding }]);
    return (await world.catalogue.listSets({ of: await identityIn(world) }))[0];
  };

  test('when a store holds what it held on another day, under valid checksums', async () => {
    const world = serving();
    const { set: newer } = await resultOf<{ set: SetId }>(temporal, world, 'backup', input);
    await exchangeGraph(world, newer, SetId.parse(worlds.seeds.set));
    expect(await fails(world, 'mismatch', 'nodes: 2 expected, 1 found')).toMatchObject({ set: newer, level: 'bad' });
  });

  test('when a byte is another one', async () => {
    const world = serving();
    spoil(world, '/graph/');
    expect(await fails(world, 'damaged', 'the bytes are not what was sealed')).toMatchObject({ level: 'bad' });
  });

  test('when an artifact is gone, before anything is made', async () => {
    const world = serving();
    const key = [...world.bucket.objects.keys()].find((name) => name.includes('/files/')) ?? '';
    world.bucket.objects.delete(key);
    expect(await fails(world, 'damaged', `artifact ${key} is missing`)).toMatchObject({ level: 'bad' });
  });

  test('when the release does not come up: the set itself is not to blame', async () => {
    const world = serving();
    world.sick.add('app-blue');
    expect(await fails(world, 'unhealthy', 'I am sick')).toMatchObject({
      level: 'captured',
      lastDrill: { finding: { outcome: 'failed', code: 'unhealthy' } },
    });
  });

  test('when the disk is full in the middle', async () => {
    const world = serving();
    world.hosts['h1'] = {
      ...world.hosts['h1'],
      loadStore: async () => Promise.reject(new DrydockError('no-space', 'load store graph: the disk is full')),
    };
    expect(await fails(world, 'no-space', 'the disk is full')).toMatchObject({ level: 'captured' });
  });

  test('when what is written beside the set cannot be removed it is said, and the set has passed', async () => {
    const world = serving();
    world.hosts['h1'] = {
      ...world.hosts['h1'],
      proveDrillRemoved: async () =>
        Promise.reject(new DrydockError('mismatch', 'volume drydock-pharma_serving_x is left')),
    };
    const { failure } = await endOf(temporal, world, 'drill', input);
    expect(failure?.message).toContain(
      'left behind: prove that nothing is left (volume drydock-pharma_serving_x is left)',
    );
    expect((await world.catalogue.listSets({ of: await identityIn(world) }))[0]).toMatchObject({ level: 'drilled' });
  });
});

describe('is refused, touches nothing and says nothing about the set', () => {
  test.each<[string, object, WorldOptions, string, string]>([
    ['without memory', {}, { memoryBytes: 2 * 1024 ** 3 }, 'no-space', 'of memory'],
    ['without disk', {}, { diskFreeBytes: 100 }, 'no-space', 'leaves half of what is free to the instance'],
    ['for a set that is not there', { set: '20200101T000000Z-00000000' }, {}, 'not-found', 'no instance has this set'],
  ])('%s', async (_, more, options, code, problem) => {
    const world = serving(options);
    const before = world.snapshot();
    const { failure } = await endOf(temporal, world, 'drill', { ...input, ...more });
    expect(failure).toMatchObject({ type: code, message: expect.stringContaining(problem) });
    expect(world.snapshot()).toEqual(before);
  });
});
