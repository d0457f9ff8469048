import { stat } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { UpgradePlan } from '../../../src/contracts/upgrade.ts';
import { parseEnv } from '../../../src/model/instance/env-file.ts';
import { colourLabels } from '../../../src/model/instance/labels.ts';
import { anIdentity } from '../../support/builders.ts';
import { withServingInstance } from '../../support/serving-instance.ts';
import type { MemoryWorld } from '../../support/world-in-memory.ts';
import { planNext, runStep } from '../../support/world-steps.ts';

const instance = 'pharma';
const green = { instance, colour: 'green' } as const;
const blue = { instance, colour: 'blue' } as const;
const at = '.drydock/releases/green';

let world: MemoryWorld;
let port: number;
let plan: UpgradePlan;
withServingInstance(async (made, its) => {
  [world, port] = [made, its];
  plan = await planNext(world, { port, version: '2.0.0', migrations: 'compatible' });
});

const read = (file: string) => world.drivers.directories.read(instance, file);
const running = async (colour: string) => {
  const views = await world.containers.containers({ 'drydock.instance': instance, 'drydock.colour': colour });
  return views.filter(({ state }) => state === 'running').map(({ name }) => name);
};

describe('a candidate is prepared', () => {
  test('with its blueprint, its image and the secrets of the instance', async () => {
    await runStep(world, 'prepareRelease', { plan }, { times: 2 });
    const [own, serving] = [parseEnv((await read(`${at}/.env`)) ?? ''), parseEnv((await read('.env')) ?? '')];
    expect(own).toEqual({ ...serving, APP_IMAGE: 'stack-app:2.0.0' });
    expect((await stat(world.drivers.directories.path(instance, `${at}/.env`))).mode & 0o777).toBe(0o600);
    expect(await read(`${at}/blueprint/blueprint.yaml`)).toContain('version: 2.0.0');
    expect(await world.containers.image('stack-app:2.0.0')).toBeDefined();
  });

  test('with a file that names no store, and no secret', async () => {
    await runStep(world, 'prepareRelease', { plan });
    const rendered = (await read(`${at}/docker-compose.yml`)) ?? '';
    expect(rendered).toContain('app-green:');
    expect(rendered).not.toMatch(/neo4j:|edge:\n {4}image|app-blue/);
    for (const secret of Object.values(parseEnv((await read('.env')) ?? '')).filter(({ length }) => length === 64)) {
      expect(rendered).not.toContain(secret);
    }
  });

  test('with new files of `config/` beside those of the client, which go with it again', async () => {
    await world.drivers.directories.write(instance, 'config/app.yaml', 'note: the client’s own');
    await runStep(world, 'prepareRelease', { plan }, { times: 2 });
    expect(await read('config/app.yaml')).toBe('note: the client’s own');
    expect(await read('config/lookup.yaml')).toBe('limit: 10\n');
    await runStep(world, 'removeRelease', green, { times: 2 });
    expect(await read('config/app.yaml')).toBe('note: the client’s own');
    expect(await read('config/lookup.yaml')).toBeUndefined();
  });

  test('and what the client has made of a new file stays', async () => {
    await runStep(world, 'prepareRelease', { plan });
    await world.drivers.directories.write(instance, 'config/lookup.yaml', 'limit: 20\n');
    await runStep(world, 'removeRelease', green);
    expect(await read('config/lookup.yaml')).toBe('limit: 20\n');
  });

  test('only from the blueprint of its plan', async () => {
    const other = { ...plan, to: { ...plan.to, digest: plan.from.digest } };
    await expect(runStep(world, 'prepareRelease', { plan: other })).rejects.toMatchObject({ type: 'mismatch' });
  });

  test('in place of an earlier one of its colour', async () => {
    await runStep(world, 'prepareRelease', { plan });
    await runStep(world, 'startRelease', { plan });
    const next = await planNext(world, { port, version: '2.1.0' });
    await runStep(world, 'prepareRelease', { plan: next }, { times: 2 });
    expect(await running('green')).toEqual([]);
    expect(await read('config/lookup.yaml')).toBeUndefined();
    expect(await read(`${at}/blueprint/blueprint.yaml`)).toContain('version: 2.1.0');
  });
});

describe('a candidate is started', () => {
  beforeEach(() => runStep(world, 'prepareRelease', { plan }));

  test('without its writers, and nothing that serves is touched', async () => {
    const before = await running('blue');
    const stores = structuredClone(await world.containers.containers({ 'drydock.generation': '1' }));
    await runStep(world, 'startRelease', { plan }, { times: 2 });
    expect(await running('green')).toEqual(['drydock-pharma_serving-app-green-1']);
    expect(await running('blue')).toEqual(before);
    expect(await world.containers.containers({ 'drydock.generation': '1' })).toEqual(stores);
    await runStep(world, 'smokeRelease', { plan }, { times: 2 });
  });

  test('and says which container does not become healthy', async () => {
    world.sick.add('app-green');
    await expect(runStep(world, 'startRelease', { plan })).rejects.toMatchObject({ type: 'unhealthy' });
    expect(await running('blue')).toHaveLength(2);
  });

  test('and is not smoke tested without a container', async () => {
    await expect(runStep(world, 'smokeRelease', { plan })).rejects.toMatchObject({
      type: 'unhealthy',
      message: expect.stringContaining('no container answers for it'),
    });
  });

  test('and no barrier touches it', async () => {
    await runStep(world, 'startRelease', { plan });
    const before = await running('green');
    const request = { instance, reason: 'requested', waitMinutes: 1 } as never;
    const backup = await runStep(world, 'planBackup', { request });
    await runStep(world, 'raiseBarrier', { plan: backup });
    expect(await running('green')).toEqual(before);
    expect(await running('blue')).toEqual(['drydock-pharma_serving-app-blue-1']);
    await runStep(world, 'lowerBarrier', { plan: backup });
    expect(await running('green')).toEqual(before);
    expect(await running('blue')).toHaveLength(2);
  });

  test('and goes with the instance', async () => {
    await runStep(world, 'startRelease', { plan });
    await runStep(world, 'removeContainers', { instance });
    await runStep(world, 'removeVolumes', { instance });
    await runStep(world, 'removeDirectory', { instance });
    await runStep(world, 'proveRemoved', { instance });
    expect(await world.containers.containers({})).toEqual([]);
  });
});

describe('a release beside the serving one', () => {
  beforeEach(async () => {
    await runStep(world, 'prepareRelease', { plan });
    await runStep(world, 'startRelease', { plan });
  });

  test('is stopped and kept', async () => {
    await runStep(world, 'stopRelease', green, { times: 2 });
    expect(await running('green')).toEqual([]);
    expect(await read(`${at}/.env`)).toBeDefined();
    await runStep(world, 'startRelease', { plan });
    expect(await running('green')).toHaveLength(1);
  });

  test('is removed with everything that is its own, and nothing else', async () => {
    const removed = await runStep(world, 'removeRelease', green);
    expect(removed).toEqual(['container drydock-pharma_serving-app-green-1', 'file config/lookup.yaml']);
    expect(await runStep(world, 'removeRelease', green)).toEqual([]);
    expect(await running('blue')).toHaveLength(2);
    expect(await read(`${at}/release.json`)).toBeUndefined();
  });

  test('takes a migration with it that nobody waits for any more', async () => {
    const name = 'drydock-pharma_serving-app-green-run';
    const labels = { ...colourLabels(anIdentity(), 'green'), 'com.docker.compose.oneoff': 'True' };
    world.containers.place(name, { labels: { ...labels, 'com.docker.compose.project': 'drydock-pharma_serving' } });
    const stopped: string[] = [];
    const { containers } = world.drivers;
    const { stop } = containers;
    containers.stop = async (id, grace) => {
      stopped.push(id);
      return stop(id, grace);
    };
    await runStep(world, 'removeRelease', green);
    expect(stopped).toEqual([name]); // The engine removes a stopped container.
  });

  test.each(['stopRelease', 'removeRelease'] as const)('%s refuses the serving release', async (step) => {
    await expect(runStep(world, step, blue)).rejects.toMatchObject({
      type: 'refused',
      message: expect.stringContaining('this release serves'),
    });
    expect(await running('blue')).toHaveLength(2);
  });

  test.each(['stopRelease', 'removeRelease'] as const)('%s refuses the release that traffic goes to', async (step) => {
    await runStep(world, 'routeTo', green);
    await expect(runStep(world, step, green)).rejects.toMatchObject({ type: 'refused' });
    expect(await running('green')).toHaveLength(1);
  });

  test('is not removed for one that was kept before it', async () => {
    const step = { ...green, keptUntil: '2026-12-01T00:00:00.000Z' };
    expect(await runStep(world, 'removeRelease', step, { times: 2 })).toEqual([]);
    expect(await running('green')).toHaveLength(1);
  });
});

test('the writers of a colour are stopped, and proven to be', async () => {
  await runStep(world, 'stopWriters', blue, { times: 2 });
  expect(await running('blue')).toEqual(['drydock-pharma_serving-app-blue-1']);
  await runStep(world, 'startServing', { instance });
  world.drivers.compose.stop = async () => {}; // Compose only claims to have stopped the writers.
  await expect(runStep(world, 'stopWriters', blue)).rejects.toMatchObject({
    type: 'unhealthy',
    message: expect.stringContaining('drydock-pharma_serving-worker-blue-1 is still running'),
  });
});
