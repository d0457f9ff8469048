import { expect, test } from 'vitest';
import type { ReadOnlyReport } from '../../src/contracts/edge-mode.ts';
import { inProcess } from '../support/in-process.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import { edgeAt, type MemoryWorld } from '../support/world-in-memory.ts';
import { around, endOf, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
const { serving } = seededWorlds(temporal);
const on = { instance: 'pharma', state: 'on', reason: 'audit' };
const off = { instance: 'pharma', state: 'off' };
const modeOf = (world: MemoryWorld) => world.edge.mode(edgeAt(world));
const writer = async (world: MemoryWorld) =>
  (await world.containers.container('drydock-pharma_serving-worker-blue-1'))?.state ?? 'absent';

test('on refuses writes, stops the writers and tells why; off takes it back', async () => {
  const world = serving();
  const before = world.snapshot();
  const { result, leases } = await endOf<ReadOnlyReport>(temporal, world, 'readOnly', on);
  expect(result).toMatchObject({ procedure: 'readOnly', instance: 'pharma', mode: 'read-only', writesLeft: 0 });
  expect(leases.released).toEqual([{ mode: 'read-only', modeReason: 'audit' }]);
  expect([await modeOf(world), await writer(world)]).toEqual(['read-only', 'exited']);
  const again = await endOf<ReadOnlyReport>(temporal, world, 'readOnly', off);
  expect(again.leases.released).toEqual([{ mode: 'open', modeReason: '' }]);
  expect([await modeOf(world), await writer(world)]).toEqual(['open', 'running']);
  expect(world.snapshot()).toEqual(before);
});

test('writes that do not end are counted in the report', async () => {
  const world = serving();
  world.drivers.edge.drainWrites = async () => ({ left: 2 });
  expect(await resultOf(temporal, world, 'readOnly', on)).toMatchObject({ mode: 'read-only', writesLeft: 2 });
});

test('a step that fails gives the lease back, and the instance knows of no new mode', async () => {
  const world = serving();
  around(world, () => {
    throw new Error('broken on purpose');
  });
  const { failure, leases } = await endOf(temporal, world, 'readOnly', on);
  expect(failure?.message).toContain('broken on purpose');
  expect(leases.released).toEqual([{}]);
  expect(await modeOf(world)).toBe('open');
});
