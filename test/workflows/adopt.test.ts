import { expect, test } from 'vitest';
import type { AdoptReport } from '../../src/contracts/adopt.ts';
import { DrydockError } from '../../src/errors.ts';
import { inProcess } from '../support/in-process.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import type { MemoryWorld } from '../support/world-in-memory.ts';
import { endOf, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
const worlds = seededWorlds(temporal);

/** A world whose instance nobody knows, and the facts that the adoption made known. */
function forgotten(): MemoryWorld & { made: { facts: object; lastToken: number }[] } {
  const world = worlds.serving();
  const made: { facts: object; lastToken: number }[] = [];
  world.control['adoptInstance'] = async (step) => {
    made.push(step);
    return { adopted: true };
  };
  world.control['planSchedules'] = async () => ({ changes: [] });
  return { ...world, made };
}

test('an instance is known again with the facts of its host and of the catalogue', async () => {
  const world = forgotten();
  await world.drivers.directories.write('pharma', '.drydock/lease', '1795234198');
  const report = await resultOf<AdoptReport>(temporal, world, 'adopt', {});
  expect(report).toMatchObject({ host: 'h1', adopted: [{ instance: 'pharma', settled: [] }], known: [] });
  const facts = {
    instance: 'pharma',
    host: 'h1',
    status: 'serving',
    generation: 1,
    colour: 'blue',
    lastSet: worlds.seeds.set,
  };
  expect(world.made).toMatchObject([{ facts, lastToken: 1_795_234_198 }]);
});

test('what a forgotten procedure held is lifted, and what an operator holds is not', async () => {
  const world = forgotten();
  const since = '2026-11-21T03:00:00.000Z';
  const holds = ['upgrade-1', 'operator'].map((by) => ({ by, reason: `because of ${by}`, since }));
  await world.drivers.directories.write('pharma', '.drydock/read-only.json', JSON.stringify(holds));
  const { adopted } = await resultOf<AdoptReport>(temporal, world, 'adopt', {});
  expect(adopted[0]?.settled).toContain('lifted the read-only hold of upgrade-1 (because of upgrade-1)');
  expect(adopted[0]?.settled.join()).not.toContain('operator');
});

test('an instance that is known is left alone', async () => {
  const world = forgotten();
  world.control['adoptInstance'] = async () => ({ adopted: false });
  const before = world.snapshot();
  const report = await resultOf<AdoptReport>(temporal, world, 'adopt', {});
  expect(report).toMatchObject({ adopted: [], known: ['pharma'] });
  expect(world.snapshot()).toEqual(before);
});

test('all problems are told at once, and the other instances are known', async () => {
  const world = forgotten();
  await world.drivers.directories.makeDirectory('half', '.drydock');
  const record = await world.drivers.directories.record('pharma');
  await world.drivers.directories.writeRecord({ ...record, instance: 'moved', host: 'h2' } as never);
  world.control['planSchedules'] = async () => Promise.reject(new DrydockError('not-found', 'no blueprint'));
  const { failure } = await endOf(temporal, world, 'adopt', {});
  expect(failure).toMatchObject({ type: 'mismatch' });
  expect(failure?.message).toContain('half: has no record');
  expect(failure?.message).toContain('moved: its record names host h2, and this host is h1');
  expect(failure?.message).toContain('renew the schedules of pharma, which is known again: ');
  expect(world.made).toHaveLength(1);
});
