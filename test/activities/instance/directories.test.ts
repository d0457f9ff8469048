import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { leftovers } from '../../../src/activities/instance/directories.ts';
import { LeaseToken } from '../../../src/contracts/lease.ts';
import { createInstanceDirectories } from '../../../src/drivers/instance-directory/instance-directory.ts';
import { parseEnv } from '../../../src/model/instance/env-file.ts';
import { instanceLabels, nameLabels } from '../../../src/model/instance/labels.ts';
import { anIdentity, aProvisionPlan, aRecord, idOf } from '../../support/builders.ts';
import { createWorld, type MemoryWorld } from '../../support/world-in-memory.ts';
import { publish } from '../../support/world-runs.ts';
import { lease, makeInstance, runStep } from '../../support/world-steps.ts';

const instance = 'pharma';

let world: MemoryWorld;
beforeEach(() => {
  world = createWorld();
});

const environment = async (name = instance) => parseEnv((await world.drivers.directories.read(name, '.env')) ?? '');

describe('the directory of an instance', () => {
  test('keeps the secrets that an earlier try has generated', async () => {
    const plan = await makeInstance(world);
    const first = await environment();
    await runStep(world, 'createDirectory', { plan });
    expect(await environment()).toEqual(first);
    const secrets = plan.generate.map((name) => first[name]);
    expect(new Set(secrets).size).toBe(4);
    for (const secret of secrets) expect(secret).toMatch(/^[0-9a-f]{64}$/);
  });

  test('shows `.env` to its owner alone, also when it was there with another mode', async () => {
    const plan = await makeInstance(world);
    const path = world.drivers.directories.path(instance, '.env');
    const { mode } = await stat(path);
    expect(mode & 0o777).toBe(0o600);
    await world.drivers.directories.write(instance, '.env', await readFile(path, 'utf8'), 0o644);
    await runStep(world, 'createDirectory', { plan });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('holds the pinned blueprint, the configuration and the record', async () => {
    await makeInstance(world);
    const { directories } = world.drivers;
    expect(await directories.read(instance, 'config/app.yaml')).toBe('note: first\n');
    expect(await directories.read(instance, 'blueprint/config/app.yaml')).toBe('note: first\n');
    expect(await directories.read(instance, 'init/schema.cypher')).toBeUndefined();
    expect(await directories.record(instance)).toMatchObject({ generation: 1, colour: 'blue', retired: [] });
  });

  test('takes a secret from the file the request names, without the line break at its end', async () => {
    const secrets = `${world.drivers.directories.root}-secrets`;
    await mkdir(secrets);
    await writeFile(`${secrets}/openai`, "it's $a #secret\n");
    world.drivers.settings.secretsDirectory = secrets;
    await publish(world, {});
    await runStep(world, 'createDirectory', { plan: aProvisionPlan({ secretFiles: { MODEL_KEY: 'openai' } }) });
    expect(await environment()).toMatchObject({ MODEL_KEY: "it's $a #secret" });
  });

  test('is not made when another instance was just given one of its ports', async () => {
    const plan = await makeInstance(world);
    const twin = aProvisionPlan({ ...plan, instance: 'twin' });
    await expect(runStep(world, 'createDirectory', { plan: twin })).rejects.toMatchObject({
      type: 'refused',
      message: expect.stringContaining('was just given to instance pharma'),
    });
  });

  test('is rendered the same again, without a secret in it', async () => {
    await makeInstance(world);
    const { directories } = world.drivers;
    const rendered = await directories.read(instance, 'docker-compose.yml');
    await runStep(world, 'renderFiles', { instance });
    expect(await directories.read(instance, 'docker-compose.yml')).toBe(rendered);
    for (const secret of Object.values(await environment()).filter((value) => value.length === 64)) {
      expect(rendered).not.toContain(secret);
    }
  });
});

describe('the tier of an instance', () => {
  test('is written into its record, where nothing else changes', async () => {
    await makeInstance(world);
    const { directories } = world.drivers;
    const before = await directories.record(instance);
    expect(await runStep(world, 'readTier', { instance })).toEqual({ tier: 'standard', blueprint: 'stack@1.0.0' });
    await runStep(world, 'writeTier', { instance, tier: 'premium' }, { times: 2 });
    expect(await directories.record(instance)).toEqual({ ...before, tier: 'premium' });
    expect(await runStep(world, 'readTier', { instance })).toMatchObject({ tier: 'premium' });
  });

  test('that is written back leaves the record as it was, to the byte', async () => {
    await makeInstance(world);
    const file = () => world.drivers.directories.read(instance, '.drydock/instance.json');
    const before = await file();
    await runStep(world, 'writeTier', { instance, tier: 'premium' });
    expect(await file()).not.toBe(before);
    await runStep(world, 'writeTier', { instance, tier: 'standard' }, { times: 2 });
    expect(await file()).toBe(before);
  });

  test('is not written where there is no instance', async () => {
    await expect(runStep(world, 'writeTier', { instance, tier: 'premium' })).rejects.toMatchObject({
      type: 'not-found',
    });
    expect(await world.drivers.directories.exists(instance)).toBe(false);
  });
});

describe('removing', () => {
  test('a directory that Drydock did not make is refused', async () => {
    const { directories } = world.drivers;
    await mkdir(directories.path(instance));
    await writeFile(directories.path(instance, 'thesis.txt'), 'years of work');
    await expect(runStep(world, 'removeDirectory', { instance })).rejects.toMatchObject({ type: 'not-ours' });
    expect(await directories.read(instance, 'thesis.txt')).toBe('years of work');
  });

  test('takes containers of the instance and of generations being built, and of no other instance', async () => {
    await makeInstance(world);
    const label = (project: string, owner: string) => ({
      'com.docker.compose.project': project,
      ...instanceLabels(anIdentity(owner)),
    });
    world.containers.place('built', { labels: label('drydock-pharma_g2', 'pharma') });
    world.containers.place('other', { labels: label('drydock-pharma-two_serving', 'pharma-two') });
    world.containers.place('foreign', { labels: { 'com.docker.compose.project': 'shop' } });
    const removed = await runStep(world, 'removeContainers', { instance });
    expect(removed).toContain('container built');
    const left = (await world.containers.containers({})).map(({ name }) => name);
    expect(left.sort()).toEqual(['foreign', 'other']);
  });

  test('takes volumes of every generation, and of no other instance', async () => {
    await makeInstance(world);
    await world.containers.createVolume('older', { ...instanceLabels(anIdentity()), 'drydock.generation': '9' });
    await world.containers.createVolume('other', { 'drydock.instance': 'pharma-two' });
    await runStep(world, 'removeVolumes', { instance }, { times: 2 });
    expect((await world.containers.volumes({})).map(({ name }) => name)).toEqual(['other']);
  });

  test('is proven: whatever carries the label is named', async () => {
    await makeInstance(world);
    expect(await leftovers(world.drivers, instance, nameLabels(instance))).toHaveLength(10);
    await expect(runStep(world, 'proveRemoved', { instance })).rejects.toMatchObject({
      type: 'mismatch',
      message: expect.stringMatching(
        /container drydock-pharma_serving-neo4j-1.*volume drydock-pharma.neo4j_data.g1.*directory/s,
      ),
    });
    await runStep(world, 'removeContainers', { instance });
    await runStep(world, 'removeVolumes', { instance });
    await runStep(world, 'removeDirectory', { instance });
    await runStep(world, 'proveRemoved', { instance });
    expect(await leftovers(world.drivers, instance, nameLabels(instance))).toEqual([]);
  });
});

describe('the fence of the host', () => {
  const token = (value: number) => ({ ...lease, token: LeaseToken.parse(value) });

  test('refuses a lease older than one it has seen, and takes the same and newer ones', async () => {
    await makeInstance(world);
    const { directories } = world.drivers;
    await directories.checkLease(token(5));
    await directories.checkLease(token(5));
    await expect(directories.checkLease(token(4))).rejects.toMatchObject({ code: 'lease-lost' });
    await directories.checkLease(token(6));
    await expect(directories.checkLease(token(5))).rejects.toMatchObject({ code: 'lease-lost' });
  });

  test('refuses a lease of another instance that had or has the name', async () => {
    await makeInstance(world);
    const { directories } = world.drivers;
    await directories.checkLease(token(5));
    const other = { ...token(9), id: idOf(instance, 1) };
    await expect(directories.checkLease(other)).rejects.toMatchObject({ code: 'not-ours' });
    expect(await directories.lastLease(instance)).toBe(5);
  });

  test('outlives the worker', async () => {
    await makeInstance(world);
    await world.drivers.directories.checkLease(token(5));
    const restarted = createInstanceDirectories(world.drivers.directories.root);
    await expect(restarted.checkLease(token(4))).rejects.toMatchObject({ code: 'lease-lost' });
  });

  test('makes no directory where there is none', async () => {
    await world.drivers.directories.checkLease(token(5));
    expect(await world.drivers.directories.exists(instance)).toBe(false);
  });
});

test('an instance that is not there is named together with those that are', async () => {
  await makeInstance(world);
  await expect(runStep(world, 'addresses', { instance: 'farma' })).rejects.toMatchObject({
    type: 'not-found',
    message: expect.stringContaining('this host has pharma'),
  });
});

test('an instance whose `.env` is gone is told so', async () => {
  await makeInstance(world);
  await world.drivers.directories.removePath(instance, '.env');
  await expect(runStep(world, 'addresses', { instance })).rejects.toMatchObject({
    type: 'not-found',
    message: expect.stringContaining('blueprint or .env is missing'),
  });
  expect(await world.drivers.directories.recordIfAny(instance)).toMatchObject({ instance: aRecord().instance });
});
