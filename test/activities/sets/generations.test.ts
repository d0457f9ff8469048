import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { openInstance } from '../../../src/activities/instance/instances.ts';
import { Generation } from '../../../src/contracts/ids.ts';
import { aRestorePlan } from '../../support/builders.ts';
import { createWorld, type MemoryWorld } from '../../support/world-in-memory.ts';
import { makeInstance, runStep } from '../../support/world-steps.ts';

const [one, two] = [Generation.parse(1), Generation.parse(2)];
const instance = 'pharma';
const forth = { instance, generation: two, insteadOf: one, keepUntil: '2026-12-01T00:00:00.000Z' };
const back = { instance, generation: one, insteadOf: two };
const paths = ['data/docs', 'config'];
const files = (generation: number) => `.drydock/generations/g${generation}/files`;

let world: MemoryWorld;
let at: (...parts: string[]) => string;
beforeEach(async () => {
  world = createWorld();
  await makeInstance(world);
  const { directories } = world.drivers;
  at = (...parts) => directories.path(instance, ...parts);
  for (const path of paths) {
    await directories.write(instance, `${path}/page`, 'old');
    await directories.write(instance, `${files(2)}/${path}/page`, 'new');
  }
});

const pages = async (prefix = '') =>
  Promise.all(paths.map((path) => world.drivers.directories.read(instance, join(prefix, path, 'page'))));

/** The renames of the exchange, in order; the exchange stops after some of them. */
const renames = paths.flatMap((path): [string, string][] => [
  [path, `${files(1)}/${path}`],
  [`${files(2)}/${path}`, path],
]);

async function stopAfter(count: number): Promise<void> {
  for (const [from, to] of renames.slice(0, count)) {
    await mkdir(dirname(at(to)), { recursive: true });
    await rename(at(from), at(to));
  }
}

describe('the files of two generations are exchanged', () => {
  test('there and back', async () => {
    await runStep(world, 'exchangeGeneration', forth, { times: 2 });
    expect(await pages()).toEqual(['new', 'new']);
    expect(await pages(files(1))).toEqual(['old', 'old']);
    expect(await world.drivers.directories.record(instance)).toMatchObject({
      generation: 2,
      retired: [{ generation: 1, keepUntil: forth.keepUntil }],
    });
    await runStep(world, 'exchangeGeneration', back, { times: 2 });
    expect(await pages()).toEqual(['old', 'old']);
    expect(await pages(files(2))).toEqual(['new', 'new']);
    expect(await world.drivers.directories.record(instance)).toMatchObject({ generation: 1, retired: [] });
  });

  const stops = renames.map((_, index) => index + 1);

  test.each(stops)('forth, when an earlier try ended after rename %i', async (count) => {
    await stopAfter(count);
    await runStep(world, 'exchangeGeneration', forth);
    expect(await pages()).toEqual(['new', 'new']);
    expect(await pages(files(1))).toEqual(['old', 'old']);
  });

  test.each(stops)('back, when the exchange ended after rename %i', async (count) => {
    await stopAfter(count);
    await runStep(world, 'exchangeGeneration', back);
    expect(await pages()).toEqual(['old', 'old']);
    expect(await pages(files(2))).toEqual(['new', 'new']);
    expect(await world.drivers.directories.record(instance)).toMatchObject({ generation: 1, retired: [] });
  });

  test('not at all, when the way back comes before anything was moved', async () => {
    await runStep(world, 'exchangeGeneration', back);
    expect(await pages()).toEqual(['old', 'old']);
    expect(await pages(files(2))).toEqual(['new', 'new']);
  });
});

test('the switched instance is rendered with the volumes of its generation', async () => {
  await runStep(world, 'exchangeGeneration', forth);
  const rendered = await world.drivers.directories.read(instance, 'docker-compose.yml');
  expect(rendered).toContain('name: drydock-pharma.neo4j_data.g2');
  expect(rendered).not.toContain('_g1');
});

test('a store of a generation is started alone, also when it depends on another, and one of files has nothing to start', async () => {
  const plan = aRestorePlan();
  await dependsOn('neo4j', 'redis');
  await runStep(world, 'createGeneration', { plan });
  const started = async () => {
    const views = await world.containers.containers({ 'com.docker.compose.project': 'drydock-pharma_g2' });
    return views.map(({ name }) => name).sort();
  };
  await runStep(world, 'startBuiltStore', { plan, store: 'graph' }, { times: 2 });
  expect(await started()).toEqual(['drydock-pharma_g2-neo4j-1']);
  await runStep(world, 'startBuiltStore', { plan, store: 'files' });
  expect(await started()).toEqual(['drydock-pharma_g2-neo4j-1']);
  await runStep(world, 'startBuiltStore', { plan, store: 'queue' });
  expect(await started()).toEqual(['drydock-pharma_g2-neo4j-1', 'drydock-pharma_g2-redis-1']);
});

async function dependsOn(service: string, other: string): Promise<void> {
  const { directories } = world.drivers;
  const { files: prefix } = await openInstance(directories, instance);
  const file = `${prefix}blueprint/docker-compose.yml`;
  const model = parse((await directories.read(instance, file)) ?? '');
  model.services[service].depends_on = { [other]: { condition: 'service_started' } };
  await directories.write(instance, file, stringify(model));
}

describe('a generation is removed', () => {
  test('with its containers, volumes and files, and nothing else', async () => {
    const plan = aRestorePlan();
    await runStep(world, 'createGeneration', { plan }, { times: 2 });
    await runStep(world, 'startGeneration', { plan }, { times: 2 });
    const project = { 'com.docker.compose.project': 'drydock-pharma_g2' };
    expect(await world.containers.containers(project)).toHaveLength(3);
    const removed = await runStep(world, 'removeGeneration', { instance, generation: 2 });
    expect(removed.sort()).toEqual(Object.values(plan.volumes).sort());
    expect(await runStep(world, 'removeGeneration', { instance, generation: 2 })).toEqual([]);
    expect(await world.containers.containers(project)).toEqual([]);
    expect(await world.containers.volumes({ 'drydock.generation': '1' })).toHaveLength(3);
    expect(await pages(files(2))).toEqual([undefined, undefined]);
    expect(await pages()).toEqual(['old', 'old']);
  });

  test('and is no longer known as retired', async () => {
    await runStep(world, 'exchangeGeneration', forth);
    await runStep(world, 'removeGeneration', { instance, generation: 1 });
    expect(await world.drivers.directories.record(instance)).toMatchObject({ generation: 2, retired: [] });
  });

  test('unless it serves', async () => {
    const before = world.snapshot();
    await expect(runStep(world, 'removeGeneration', { instance, generation: 1 })).rejects.toMatchObject({
      type: 'refused',
      message: 'remove generation 1 of pharma: this generation serves',
    });
    expect(world.snapshot()).toEqual(before);
  });

  test('unless a volume of its name belongs to somebody else', async () => {
    await world.containers.createVolume('drydock-pharma.neo4j_data.g2', { other: 'yes' });
    await runStep(world, 'removeGeneration', { instance, generation: 2 });
    expect(await world.containers.volume('drydock-pharma.neo4j_data.g2')).toBeDefined();
    await expect(runStep(world, 'createGeneration', { plan: aRestorePlan() })).rejects.toMatchObject({
      type: 'not-ours',
    });
  });
});

test('a generation being built takes the instance’s own `.env`, by a link that moves with the directory', async () => {
  await runStep(world, 'startGeneration', { plan: aRestorePlan() });
  const { directories } = world.drivers;
  const linked = await directories.read(instance, '.drydock/generations/g2/.env');
  expect(linked).toBe(await directories.read(instance, '.env'));
});
