import { describe, expect, test } from 'vitest';
import type { RestoreReport } from '../../src/contracts/restore.ts';
import { parseEnv } from '../../src/model/instance/env-file.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import { edgeAt, type MemoryWorld } from '../support/world-in-memory.ts';
import { around, endOf, resultOf, servedBy } from '../support/world-runs.ts';

const temporal = inProcess();
const worlds = seededWorlds(temporal, { recipients: ['age1key'] });
const { serving } = worlds;
const input = { instance: 'pharma', as: 'copy' };

procedureChecks({ temporal, workflow: 'restore', input, world: serving, pointOfNoReturn: 'discardStaging' });

const envOf = async (world: MemoryWorld, instance: string) =>
  parseEnv((await world.drivers.directories.read(instance, '.env')) ?? '');

describe('a copy beside the original', () => {
  test('serves the set on ports and with secrets of its own, and the original is as before', async () => {
    const world = serving();
    const original = await envOf(world, 'pharma');
    const report = await resultOf<RestoreReport>(temporal, world, 'restore', input);
    expect(await servedBy(world, 'copy')).toEqual(['old', 'old page']);
    expect(await servedBy(world, 'pharma')).toEqual(['new', 'new page']);
    expect(report.addresses).toEqual({ app: `http://127.0.0.1:${worlds.port + 100}` });
    const copied = await envOf(world, 'copy');
    for (const secret of ['NEO4J_PASSWORD', 'JWT_SECRET_KEY']) {
      expect(copied[secret], secret).toMatch(/^[0-9a-f]{64}$/);
      expect(copied[secret], secret).not.toBe(original[secret]);
    }
    expect(await envOf(world, 'pharma')).toEqual(original);
  });

  test('lets nothing through before it holds the set, so that nobody writes into an empty instance', async () => {
    const world = serving();
    const modes: [string, string][] = [];
    around(world, async ({ instance }, step) => {
      if (!['startServing', 'smoke', 'admitReads'].includes(step)) return;
      modes.push([step, await world.edge.mode(edgeAt(world, instance))]);
    });
    await resultOf(temporal, world, 'restore', input);
    expect(modes).toEqual([
      ['startServing', 'maintenance'],
      ['smoke', 'maintenance'],
      ['admitReads', 'maintenance'],
    ]);
  });

  test('keeps no generation but the restored one, and nothing in staging', async () => {
    const world = serving();
    await resultOf(temporal, world, 'restore', input);
    const volumes = await world.containers.volumes({ 'drydock.instance': 'copy' });
    expect(volumes.map(({ name }) => name)).toEqual(['drydock-copy.neo4j_data.g2']);
    expect(await world.drivers.directories.record('copy')).toMatchObject({ generation: 2, retired: [] });
  });

  test('is known as serving even if the empty generation cannot be removed', async () => {
    const world = serving();
    around(world, (_, step) => {
      if (step === 'removeGeneration') throw new Error('it stays');
    });
    const { failure, leases } = await endOf(temporal, world, 'restore', input);
    expect(failure).toBeDefined();
    expect(await servedBy(world, 'copy')).toEqual(['old', 'old page']);
    expect(leases.released).toMatchObject([{ status: 'serving' }]);
  });
});

test('a replacement under the old name, after the loss of the host, has all secrets of the set', async () => {
  const before = serving();
  const secrets = await envOf(before, 'pharma');
  const world = worlds.empty({ seed: { ...worlds.seeds.empty, objects: worlds.seeds.serving.objects } });
  await resultOf(temporal, world, 'restore', { instance: 'pharma', as: 'pharma', set: worlds.seeds.set });
  expect(await servedBy(world)).toEqual(['old', 'old page']);
  expect(await envOf(world, 'pharma')).toEqual(secrets);
});

describe('is refused', () => {
  test.each([
    ['when the new name is taken on the host', { ...input, as: 'pharma' }, 'refused', 'already has a directory'],
    ['with a variable nobody knows', { ...input, variables: { COLOR: 'red' } }, 'refused', 'COLOR is not a variable'],
  ])('%s, and nothing is touched', async (_, request, code, problem) => {
    const world = serving();
    const before = world.snapshot();
    const { failure } = await endOf(temporal, world, 'restore', request);
    expect(failure).toMatchObject({ type: code, message: expect.stringContaining(problem) });
    expect(world.snapshot()).toEqual(before);
  });

  test('when the host cannot decrypt the set, and nothing is left', async () => {
    const world = serving({ canDecrypt: false });
    const before = world.snapshot();
    const { failure } = await endOf(temporal, world, 'restore', input);
    expect(failure).toMatchObject({ type: 'refused', message: expect.stringContaining('has no age identity') });
    expect(world.snapshot()).toEqual(before);
  });
});
