import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { CleanupRequest, type OldNodesPlan, type VectorSpacePlan } from '../../../src/contracts/cleanup.ts';
import type { Vacuum } from '../../../src/stores/care.ts';
import type { FakeNode } from '../../support/fakes/store-cleanup.ts';
import { createWorld, type MemoryWorld } from '../../support/world-in-memory.ts';
import { makeInstance, runStep } from '../../support/world-steps.ts';

const instance = 'pharma';
const graph = 'drydock-pharma.neo4j_data.g1';
const vectors = 'drydock-pharma.qdrant_data.g1';
const usual: Vacuum = { deletedThreshold: 0.3, minimumPoints: 2000 };
const past = new Date(Date.now() - 60_000).toISOString();

let world: MemoryWorld;
beforeEach(async () => {
  world = createWorld();
  await makeInstance(world);
  world.stores.vacuums.set(vectors, new Map([['items', usual]]));
  world.stores.segments.set(vectors, [
    { collection: 'items', points: 800, deleted: 200 },
    { collection: 'items', points: 900, deleted: 10 },
  ]);
});

const node = (days: number, status = 'pending'): FakeNode => ({
  label: 'Proto',
  properties: { status, since: new Date(Date.now() - days * 86_400_000) },
  relationships: 3,
});
const ask = (what: string, fields: object = {}) =>
  runStep(world, 'planCleanup', { request: CleanupRequest.parse({ instance, what, ...fields }) });
const planNodes = (fields?: object) => ask('proto-kg', fields) as Promise<OldNodesPlan>;
const planSpace = (fields?: object) => ask('qdrant', fields) as Promise<VectorSpacePlan>;
const vacuum = () => world.stores.vacuums.get(vectors)?.get('items');
const kept = () => world.drivers.directories.read(instance, '.drydock/settings/g1.json');

describe('old nodes', () => {
  const young = [node(1), node(6.9), node(30, 'promoted')];
  beforeEach(() => {
    world.stores.nodes.set(graph, [node(8), ...young, node(9), node(10), node(11), node(12)]);
  });

  test('go, and the young and the promoted stay', async () => {
    const plan = await planNodes();
    expect(plan.counts).toEqual({ total: 8, matching: 7, due: 5, undated: 0 });
    expect(await runStep(world, 'deleteOldNodes', { plan })).toEqual({ nodes: 5, relationships: 15, transactions: 3 });
    expect(world.stores.nodes.get(graph)).toEqual(young);
    expect(await runStep(world, 'countOldNodes', { plan })).toEqual({ total: 3, matching: 2, due: 0, undated: 0 });
  });

  test('are counted on by the attempt after one that died', async () => {
    const plan = await planNodes();
    const saved: unknown[] = [];
    const onHeartbeat = ({ checkpoint }: { checkpoint?: unknown }) => saved.push(checkpoint);
    await runStep(world, 'deleteOldNodes', { plan }, { onHeartbeat });
    expect(saved).toContainEqual({ nodes: 2, relationships: 6, transactions: 1 });
    world.stores.nodes.set(graph, [node(8)]);
    const checkpoint = { nodes: 4, relationships: 12, transactions: 2 };
    expect(await runStep(world, 'deleteOldNodes', { plan }, { checkpoint })).toEqual({
      nodes: 5,
      relationships: 15,
      transactions: 3,
    });
  });

  test('stay when the window has ended', async () => {
    const plan = await planNodes({ untilAt: past });
    expect(await runStep(world, 'deleteOldNodes', { plan })).toEqual({ nodes: 0, relationships: 0, transactions: 0 });
    expect(world.stores.nodes.get(graph)).toHaveLength(8);
  });

  test('are left when the window ends between two transactions', async () => {
    const end = Date.now() + 500;
    const plan = await planNodes({ untilAt: new Date(end).toISOString() });
    const { deleteOldNodes } = world.drivers.stores.neo4j;
    world.drivers.stores.neo4j.deleteOldNodes = async function* (...given) {
      for await (const batch of deleteOldNodes(...given)) {
        while (Date.now() <= end + 100) await setImmediate();
        yield batch;
      }
    };
    const deleted = await runStep(world, 'deleteOldNodes', { plan });
    expect(deleted).toMatchObject({ nodes: 2, transactions: 1 });
    expect(await runStep(world, 'countOldNodes', { plan })).toMatchObject({ due: 3 });
  });

  test('are refused when another generation serves than the plan was made for', async () => {
    const plan = await planNodes();
    const record = await world.drivers.directories.record(instance);
    await world.drivers.directories.writeRecord({ ...record, generation: 2 as never });
    await expect(runStep(world, 'deleteOldNodes', { plan })).rejects.toMatchObject({ type: 'mismatch' });
  });
});

describe('space', () => {
  const reclaim = (plan: VectorSpacePlan) => runStep(world, 'reclaimSpace', { plan, collection: 'items' });
  const restore = () => runStep(world, 'restoreVacuum', { instance });

  test('is reclaimed under a lower threshold, and the collection is set again as it was', async () => {
    const plan = await planSpace();
    await reclaim(plan);
    expect(vacuum()).toEqual({ deletedThreshold: 0.05, minimumPoints: 100 });
    expect(JSON.parse((await kept()) ?? '')).toEqual({ vectors: { items: usual } });
    const [after] = await runStep(world, 'measureSpace', { plan });
    expect(after).toMatchObject({ points: 1700, deletedPoints: 10, segmentsDue: 0 });
    expect(await restore()).toEqual(['put the optimizer of collection items back']);
    expect(vacuum()).toEqual(usual);
    expect(await kept()).toBeUndefined();
    expect(await restore()).toEqual([]);
  });

  test('is reclaimed after an attempt that died, which does not hide how the collection was set', async () => {
    const plan = await planSpace();
    await reclaim(plan);
    world.stores.segments.set(vectors, [{ collection: 'items', points: 800, deleted: 200 }]);
    await reclaim(await planSpace());
    await restore();
    expect(vacuum()).toEqual(usual);
  });

  test('keeps a threshold that is lower already', async () => {
    const own = { deletedThreshold: 0.02, minimumPoints: 500 };
    world.stores.vacuums.set(vectors, new Map([['items', own]]));
    await reclaim(await planSpace());
    expect(vacuum()).toEqual({ deletedThreshold: 0.02, minimumPoints: 100 });
    await restore();
    expect(vacuum()).toEqual(own);
  });

  test('is left, and nothing is set, when the window has ended', async () => {
    await reclaim(await planSpace({ untilAt: past }));
    expect(vacuum()).toEqual(usual);
    expect(await kept()).toBeUndefined();
  });

  test('of a collection that was removed meanwhile is nothing to put back', async () => {
    const plan = await planSpace();
    await reclaim(plan);
    world.stores.segments.delete(vectors);
    expect(await restore()).toEqual([]);
    expect(await kept()).toBeUndefined();
    await reclaim(plan);
    expect(await kept()).toBeUndefined();
  });
});
