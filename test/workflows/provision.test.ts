import { describe, expect, test } from 'vitest';
import type { ProvisionReport } from '../../src/contracts/provision.ts';
import { parseEnv } from '../../src/model/instance/env-file.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import { around, endOf, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
const worlds = seededWorlds(temporal);
const { empty } = worlds;
const input = { instance: 'acme', blueprint: 'stack@1.0.0' };

procedureChecks({ temporal, workflow: 'provision', input, world: empty });

test('an instance serves, with a directory, volumes and generated secrets of its own', async () => {
  const world = empty();
  const { directories } = world.drivers;
  const report = await resultOf<ProvisionReport>(temporal, world, 'provision', input);
  expect(report).toMatchObject({ procedure: 'provision', instance: 'acme', host: 'h1', blueprint: 'stack@1.0.0' });
  expect(report.addresses).toEqual({ app: `http://127.0.0.1:${worlds.port}` });
  expect(report.steps.map(({ state }) => state)).toEqual(report.steps.map(() => 'done'));
  const running = await world.containers.containers({ 'drydock.instance': 'acme' });
  expect(running.map(({ name }) => name).sort()).toEqual([
    'drydock-acme_serving-app-blue-1',
    'drydock-acme_serving-edge-1',
    'drydock-acme_serving-neo4j-1',
    'drydock-acme_serving-worker-blue-1',
  ]);
  const env = parseEnv((await directories.read('acme', '.env')) ?? '');
  expect(env).toMatchObject({ APP_PORT: String(worlds.port), NEO4J_PASSWORD: expect.stringMatching(/^\w{64}$/) });
  expect(world.stores.scripts).toHaveLength(1);
  expect([...world.scheduler.schedules.keys()]).toEqual(
    expect.arrayContaining(['night/acme/backup', 'night/acme/verify', 'drydock/watchman']),
  );
});

test('a second instance gets the next block of ports', async () => {
  const world = worlds.serving();
  const report = await resultOf<ProvisionReport>(temporal, world, 'provision', input);
  expect(report.addresses).toEqual({ app: `http://127.0.0.1:${worlds.port + 100}` });
});

test('no secret is in the history, the plan or the journal', async () => {
  const world = empty();
  const inputs: unknown[] = [];
  around(world, (given) => inputs.push(structuredClone(given)));
  const { leases } = await endOf(temporal, world, 'provision', input);
  const env = parseEnv((await world.drivers.directories.read('acme', '.env')) ?? '');
  const told = JSON.stringify([inputs, leases.journal, leases.released]);
  for (const name of ['NEO4J_PASSWORD', 'JWT_SECRET_KEY']) expect(told, name).not.toContain(env[name]);
});

test('a store that never becomes healthy leaves nothing, and the name is free again', async () => {
  const world = empty();
  const before = world.snapshot();
  world.sick.add('neo4j');
  const { failure, leases } = await endOf(temporal, world, 'provision', input);
  expect(failure).toMatchObject({ type: 'unhealthy', message: expect.stringContaining('neo4j') });
  expect(world.snapshot()).toEqual(before);
  expect(leases.released).toEqual([{ status: 'decommissioned' }]);
});

describe('is refused', () => {
  test.each([
    ['for a blueprint that was never pushed', { ...input, blueprint: 'stack@9.9.9' }, 'not-found', 'stack@1.0.0'],
    ['with a variable nobody knows', { ...input, variables: { COLOR: 'red' } }, 'refused', 'COLOR is not a variable'],
    [
      'with a secret as a value',
      { ...input, variables: { MODEL_KEY: 'k' } },
      'refused',
      'MODEL_KEY is a secret and cannot be given as a value',
    ],
    [
      'with a secret file that is not there',
      { ...input, variables: { MODEL_KEY: 'secret:model' } },
      'refused',
      'no secret file model',
    ],
  ])('%s, and nothing is made', async (_, request, code, problem) => {
    const world = empty();
    const before = world.snapshot();
    const { failure } = await endOf(temporal, world, 'provision', request);
    expect(failure).toMatchObject({ type: code, message: expect.stringContaining(problem) });
    expect(world.snapshot()).toEqual(before);
  });

  test('when the name is taken on the host', async () => {
    const world = worlds.serving();
    const { failure } = await endOf(temporal, world, 'provision', { ...input, instance: 'pharma' });
    expect(failure).toMatchObject({ type: 'refused', message: expect.stringContaining('already has a directory') });
  });

  test('on a host without room', async () => {
    const { failure } = await endOf(temporal, empty({ memoryBytes: 2 ** 30, diskFreeBytes: 1 }), 'provision', input);
    expect(failure?.message).toMatch(/needs .* of memory/);
    expect(failure?.message).toMatch(/needs .* of disk/);
  });
});
