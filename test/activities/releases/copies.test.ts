import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Generation } from '../../../src/contracts/ids.ts';
import type { RestorePlan } from '../../../src/contracts/restore.ts';
import type { UpgradePlan } from '../../../src/contracts/upgrade.ts';
import { aRestorePlan } from '../../support/builders.ts';
import { withServingInstance } from '../../support/serving-instance.ts';
import type { MemoryWorld } from '../../support/world-in-memory.ts';
import { planNext, runStep } from '../../support/world-steps.ts';

const instance = 'pharma';
const [one, two] = [1 as Generation, 2 as Generation];

let world: MemoryWorld;
let plan: UpgradePlan;
let copy: RestorePlan;
withServingInstance(async (made, port) => {
  world = made;
  plan = await planNext(world, { port, version: '3.0.0', migrations: 'incompatible' });
  copy = aRestorePlan({ purpose: { kind: 'copy', release: 'green' } });
});

const project = { 'com.docker.compose.project': 'drydock-pharma_g2' };
const names = async () => (await world.containers.containers(project)).map(({ name }) => name).sort();
const read = (file: string) => world.drivers.directories.read(instance, file);
const compose = async () => parse((await read('.drydock/generations/g2/docker-compose.yml')) ?? '');

describe('the new release on a copy', () => {
  beforeEach(async () => {
    await runStep(world, 'prepareRelease', { plan });
    await runStep(world, 'createGeneration', { plan: copy });
    await runStep(world, 'startGeneration', { plan: copy }, { times: 2 });
  });

  test('is not started with the stores', async () => {
    expect(await names()).toEqual(['neo4j', 'qdrant', 'redis'].map((service) => `drydock-pharma_g2-${service}-1`));
  });

  test('is started with its own values, without its writers, on the network of the copy alone', async () => {
    await runStep(world, 'startReleaseOnCopy', { plan }, { times: 2 });
    expect(await names()).toContain('drydock-pharma_g2-app-green-1');
    expect(await names()).not.toContain('drydock-pharma_g2-worker-green-1');
    const started = await world.containers.container('drydock-pharma_g2-app-green-1');
    expect(started).toMatchObject({ image: 'stack-app:3.0.0', addresses: { 'drydock-pharma_g2_build': '127.0.0.1' } });
    const { services } = await compose();
    expect(services['app-green']).toMatchObject({ networks: { build: { aliases: ['app'] } }, restart: 'no' });
    expect(services['app-green'].ports).toBeUndefined();
    await runStep(world, 'smokeReleaseOnCopy', { plan }, { times: 2 });
  });

  test('has files of its own, with what its blueprint adds to them', async () => {
    await world.drivers.directories.write(instance, '.drydock/generations/g2/files/config/app.yaml', 'note: copied\n');
    await runStep(world, 'startReleaseOnCopy', { plan }, { times: 2 });
    const { services } = await compose();
    const sources = services['app-green'].volumes.map(({ source }: { source: string }) => source);
    expect(sources).toEqual(['./files/config', './files/data/docs']);
    expect(await read('.drydock/generations/g2/files/config/app.yaml')).toBe('note: copied\n');
    expect(await read('.drydock/generations/g2/files/config/lookup.yaml')).toBe('limit: 10\n');
    expect(await read('config/lookup.yaml')).toBeUndefined();
  });

  test('is asked by its smoke steps, and the copy by its verify steps', async () => {
    await expect(runStep(world, 'smokeReleaseOnCopy', { plan })).rejects.toMatchObject({ type: 'unhealthy' });
    await runStep(world, 'startReleaseOnCopy', { plan });
    world.stores.answers.set('RETURN 1', -1);
    await expect(runStep(world, 'smokeReleaseOnCopy', { plan })).rejects.toMatchObject({
      type: 'unhealthy',
      message: expect.stringContaining('RETURN 1: -1, expected at least 0'),
    });
  });

  test('stops with the copy, and is no release beside the serving one', async () => {
    await runStep(world, 'startReleaseOnCopy', { plan });
    await runStep(world, 'stopRelease', { instance, colour: 'green' });
    expect(await names()).toHaveLength(4);
    await runStep(world, 'stopGeneration', { instance, generation: 2 }, { times: 2 });
    expect(await names()).toEqual([]);
    expect(await world.containers.container('drydock-pharma_serving-app-blue-1')).toMatchObject({ state: 'running' });
  });

  test('is refused on the generation that serves', async () => {
    const wrong = { ...plan, to: { ...plan.to, generation: one } };
    await expect(runStep(world, 'startReleaseOnCopy', { plan: wrong })).rejects.toMatchObject({ type: 'refused' });
  });
});

describe('what was written since', () => {
  const volume = 'drydock-pharma.redis_data.g1';
  const held = () => world.stores.held.set(volume, new Map([['first', 'x']]));
  const note = (generation = one) => runStep(world, 'noteContents', { instance, generation }, { times: 2 });
  const written = (generation = one) => runStep(world, 'countWritten', { instance, generation }, { times: 2 });

  test('is counted store by store', async () => {
    held();
    await note();
    expect((await written()).every(({ equal }) => equal)).toBe(true);
    world.stores.held.get(volume)?.set('second', 'y');
    const changed = (await written()).filter(({ equal }) => !equal);
    expect(changed).toEqual([
      { store: 'queue', equal: false, differences: ['keys without expiry: 1 expected, 2 found'] },
    ]);
  });

  test('is nothing for a generation that does not serve, and unknown when nothing was noted', async () => {
    expect(await written(two)).toEqual([]);
    expect((await written())[0]).toMatchObject({ equal: false, differences: [expect.stringContaining('not counted')] });
    await expect(note(two)).rejects.toMatchObject({ type: 'refused' });
  });

  test('is said as far as it can be: a store that does not answer keeps nobody from going back', async () => {
    await note();
    await world.containers.stop('drydock-pharma_serving-redis-1', 1);
    const queue = (await written()).find(({ store }) => store === 'queue');
    expect(queue).toMatchObject({
      equal: false,
      differences: [expect.stringContaining('the store cannot be counted')],
    });
  });

  test('is forgotten with its generation', async () => {
    await note();
    await runStep(world, 'exchangeGeneration', { instance, generation: two, insteadOf: one });
    await runStep(world, 'removeGeneration', { instance, generation: one });
    expect(await read('.drydock/contents/g1.json')).toBeUndefined();
  });
});
