import { describe, expect, test } from 'vitest';
import type { OldNodesReport, VectorSpaceReport } from '../../src/contracts/cleanup.ts';
import { DrydockError } from '../../src/errors.ts';
import type { FakeNode } from '../support/fakes/store-cleanup.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import type { MemoryWorld } from '../support/world-in-memory.ts';
import { endOf, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
const worlds = seededWorlds(temporal, { stores: ['graph', 'vectors'] });

const graph = 'drydock-pharma.neo4j_data.g1';
const vectors = 'drydock-pharma.qdrant_data.g1';
const protoKg = { instance: 'pharma', what: 'proto-kg' };
const qdrant = { instance: 'pharma', what: 'qdrant' };

const node = (days: number, status = 'pending'): FakeNode => ({
  label: 'Proto',
  properties: { status, since: new Date(Date.UTC(2026, 0, 30 - days)) },
  relationships: 2,
});
const young: FakeNode = { ...node(0), properties: { status: 'pending', since: new Date(Date.UTC(2099, 0)) } };

function littered(): MemoryWorld {
  const world = worlds.serving();
  world.stores.nodes.set(graph, [node(1), young, node(2, 'promoted'), node(3), node(4)]);
  world.stores.segments.set(vectors, [
    { collection: 'items', points: 800, deleted: 200 },
    { collection: 'others', points: 900, deleted: 100 },
    { collection: 'whole', points: 900, deleted: 1 },
  ]);
  return world;
}

describe('old nodes', () => {
  procedureChecks({ temporal, workflow: 'cleanup', input: protoKg, world: littered, pointOfNoReturn: 'planCleanup' });

  test('go, in counts before and after, and the young and promoted stay', async () => {
    const world = littered();
    const report = await resultOf<OldNodesReport>(temporal, world, 'cleanup', protoKg);
    expect(report).toMatchObject({
      procedure: 'cleanup',
      what: 'proto-kg',
      outcome: 'done',
      before: { total: 5, matching: 4, due: 3, undated: 0 },
      after: { total: 2, matching: 1, due: 0, undated: 0 },
      deleted: { nodes: 3, relationships: 6, transactions: 2 },
      left: [],
    });
    expect(world.stores.nodes.get(graph)).toEqual([young, node(2, 'promoted')]);
    const again = await resultOf<OldNodesReport>(temporal, world, 'cleanup', protoKg);
    expect(again).toMatchObject({ outcome: 'done', deleted: { nodes: 0, transactions: 0 } });
  });

  test('are only counted in a dry run', async () => {
    const world = littered();
    const before = world.snapshot();
    const report = await resultOf<OldNodesReport>(temporal, world, 'cleanup', { ...protoKg, dryRun: true });
    expect(report).toMatchObject({ outcome: 'planned', before: { due: 3 }, deleted: { nodes: 0 } });
    expect(report.steps.map(({ name }) => name)).toEqual(['plan cleanup']);
    expect(world.snapshot()).toEqual(before);
  });

  test('that the window left go the next night', async () => {
    const world = littered();
    const end = new Date(Date.now() - 1000).toISOString();
    const first = await resultOf<OldNodesReport>(temporal, world, 'cleanup', { ...protoKg, untilAt: end });
    expect(first).toMatchObject({
      outcome: 'partial',
      deleted: { nodes: 0 },
      left: [expect.stringMatching(/^3 nodes/)],
    });
    const second = await resultOf<OldNodesReport>(temporal, world, 'cleanup', protoKg);
    expect(second).toMatchObject({ outcome: 'done', deleted: { nodes: 3 } });
  });

  test('that a failing store left half way go in the next attempt, and are counted once', async () => {
    const world = littered();
    const { neo4j } = world.drivers.stores;
    const { deleteOldNodes } = neo4j;
    let failures = 1;
    neo4j.deleteOldNodes = async function* (...given) {
      for await (const batch of deleteOldNodes(...given)) {
        yield batch;
        if (failures-- > 0) throw new DrydockError('unavailable', 'reach store graph of pharma: the server restarts');
      }
    };
    const report = await resultOf<OldNodesReport>(temporal, world, 'cleanup', protoKg);
    expect(report).toMatchObject({ outcome: 'done', deleted: { nodes: 3, relationships: 6, transactions: 2 } });
  });

  test('are refused when their dates are text, and none of them goes', async () => {
    const world = littered();
    world.stores.nodes.set(graph, [node(1), { ...node(2), properties: { status: 'pending', since: '2020-01-01' } }]);
    const { failure } = await endOf(temporal, world, 'cleanup', protoKg);
    expect(failure).toMatchObject({ type: 'refused', message: expect.stringContaining('of type STRING') });
    expect(world.stores.nodes.get(graph)).toHaveLength(2);
  });

  test('stay while an operator keeps the instance read-only', async () => {
    const world = littered();
    await resultOf(temporal, world, 'readOnly', { instance: 'pharma', state: 'on', reason: 'audit' });
    const { failure } = await endOf(temporal, world, 'cleanup', protoKg);
    expect(failure).toMatchObject({ type: 'refused', message: expect.stringContaining('kept read-only: audit') });
    expect(world.stores.nodes.get(graph)).toHaveLength(5);
  });
});

describe('space', () => {
  procedureChecks({ temporal, workflow: 'cleanup', input: qdrant, world: littered, pointOfNoReturn: 'restoreVacuum' });

  test('of deleted points is freed, in collections that are worth it', async () => {
    const world = littered();
    const before = world.snapshot();
    const report = await resultOf<VectorSpaceReport>(temporal, world, 'cleanup', qdrant);
    expect(report).toMatchObject({ outcome: 'done', freedBytes: 300 * 1024, left: [] });
    expect(report.collections.map(({ after }) => [after.collection, after.deletedPoints])).toEqual([
      ['items', 0],
      ['others', 0],
      ['whole', 1],
    ]);
    const steps = ['plan cleanup', 'reclaim space items', 'reclaim space others', 'restore vacuum', 'measure space'];
    expect(report.steps.map(({ name }) => name)).toEqual(steps);
    expect(world.snapshot()).toEqual(before); // Every optimizer is set as it was, and no note is left.
  });

  test('is partial, and every optimizer is set as it was, when the window ends in the middle', async () => {
    const world = littered();
    const before = world.snapshot();
    const { qdrant: store } = world.drivers.stores;
    const { awaitVacuum } = store;
    store.awaitVacuum = async (at, collection, ...rest) =>
      collection === 'others' ? 'late' : awaitVacuum(at, collection, ...rest);
    const report = await resultOf<VectorSpaceReport>(temporal, world, 'cleanup', qdrant);
    expect(report).toMatchObject({ outcome: 'partial', left: ['100 deleted points in collection others'] });
    expect(world.snapshot()).toEqual(before);
  });

  test('is only measured in a dry run', async () => {
    const world = littered();
    const before = world.snapshot();
    const report = await resultOf<VectorSpaceReport>(temporal, world, 'cleanup', { ...qdrant, dryRun: true });
    expect(report).toMatchObject({ outcome: 'planned', freedBytes: 0 });
    expect(world.snapshot()).toEqual(before);
  });

  test('is not reclaimed without room to rewrite a collection', async () => {
    const world = worlds.serving({ diskFreeBytes: 1000 });
    world.stores.segments.set(vectors, [{ collection: 'items', points: 800, deleted: 200 }]);
    const { failure } = await endOf(temporal, world, 'cleanup', qdrant);
    expect(failure).toMatchObject({ type: 'refused', message: expect.stringContaining('is rewritten beside itself') });
  });
});
