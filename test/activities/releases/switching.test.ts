import { describe, expect, test } from 'vitest';
import { openInstance, openRelease } from '../../../src/activities/instance/instances.ts';
import type { UpgradePlan } from '../../../src/contracts/upgrade.ts';
import { parseEnv } from '../../../src/model/instance/env-file.ts';
import { withServingInstance } from '../../support/serving-instance.ts';
import type { MemoryWorld } from '../../support/world-in-memory.ts';
import { exchangeHalfWay, planNext, renamesOfReleases, runStep } from '../../support/world-steps.ts';

const instance = 'pharma';
const keepUntil = '2026-12-01T00:00:00.000Z';
const green = { instance, colour: 'green' } as const;
const forth = { instance, colour: 'green', insteadOf: 'blue', keepUntil } as const;
const back = { instance, colour: 'blue', insteadOf: 'green' } as const;

let world: MemoryWorld;
let plan: UpgradePlan;
withServingInstance(async (made, port) => {
  world = made;
  plan = await planNext(world, { port, version: '2.0.0', migrations: 'compatible' });
  await runStep(world, 'prepareRelease', { plan });
  await runStep(world, 'startRelease', { plan });
});

const at = (...parts: string[]) => world.drivers.directories.path(instance, ...parts);
const read = (file: string) => world.drivers.directories.read(instance, file);
const record = () => world.drivers.directories.record(instance);
const edge = () => world.edge.at(at('.drydock/edge'));
const version = async (place: string) =>
  /version: (\S+)/.exec((await read(`${place}blueprint/blueprint.yaml`)) ?? '')?.[1];

/** What lies where, in one line per place. */
async function files() {
  const place = async (prefix: string) => ({
    version: await version(prefix),
    image: parseEnv((await read(`${prefix}.env`)) ?? '')['APP_IMAGE'],
    rendered: /(?<=app-)\w+/.exec((await read(`${prefix}docker-compose.yml`)) ?? '')?.[0],
  });
  return {
    serving: await place(''),
    blue: await place('.drydock/releases/blue/'),
    green: await place('.drydock/releases/green/'),
  };
}
const nothing = { version: undefined, image: undefined, rendered: undefined };
const one = { version: '1.0.0', image: 'stack-app:1.0.0', rendered: 'blue' };
const two = { version: '2.0.0', image: 'stack-app:2.0.0', rendered: 'green' };

describe('two releases change places', () => {
  test('there and back', async () => {
    const before = structuredClone(await files());
    expect(before).toEqual({ serving: one, blue: nothing, green: two });
    await runStep(world, 'exchangeRelease', forth, { times: 2 });
    expect(await files()).toEqual({ serving: two, blue: one, green: nothing });
    const side = { colour: 'blue', generation: 1, keepUntil };
    expect(await record()).toMatchObject({ colour: 'green', blueprint: { ref: 'stack@2.0.0' }, previous: side });
    await runStep(world, 'exchangeRelease', back, { times: 2 });
    expect(await files()).toEqual(before);
    expect(await record()).toMatchObject({ colour: 'blue', blueprint: { ref: 'stack@1.0.0' } });
    expect(await record()).not.toHaveProperty('previous');
  });

  const stops = renamesOfReleases.map((_, index) => index + 1);

  test.each([0, ...stops])('forth, when an earlier try ended after rename %i', async (count) => {
    await exchangeHalfWay(world, count);
    await runStep(world, 'exchangeRelease', forth);
    expect(await files()).toEqual({ serving: two, blue: one, green: nothing });
    expect(await record()).toMatchObject({ colour: 'green', previous: { colour: 'blue' } });
  });

  test.each([0, ...stops])('back, when the exchange ended after rename %i', async (count) => {
    await exchangeHalfWay(world, count);
    await runStep(world, 'exchangeRelease', back);
    expect(await files()).toEqual({ serving: one, blue: nothing, green: two });
    expect(await record()).toMatchObject({ colour: 'blue', blueprint: { ref: 'stack@1.0.0' } });
  });

  test.each(stops)('and each is readable by its colour after rename %i', async (count) => {
    await exchangeHalfWay(world, count);
    const { directories } = world.drivers;
    expect(await openInstance(directories, instance)).toMatchObject({
      blueprint: { version: '1.0.0' },
      env: { APP_IMAGE: 'stack-app:1.0.0' },
    });
    expect(await openRelease(directories, instance, 'green')).toMatchObject({
      record: { colour: 'green', blueprint: { ref: 'stack@2.0.0' } },
      blueprint: { version: '2.0.0' },
      env: { APP_IMAGE: 'stack-app:2.0.0' },
    });
  });

  test('not at all, when there is no other', async () => {
    await runStep(world, 'removeRelease', green);
    const before = world.snapshot();
    await runStep(world, 'exchangeRelease', back);
    expect(world.snapshot()).toEqual(before);
    await expect(runStep(world, 'exchangeRelease', forth)).rejects.toMatchObject({ type: 'not-found' });
  });

  test('and one that was kept for the way back is kept again when going back to it fails', async () => {
    await runStep(world, 'exchangeRelease', forth);
    const later = '2026-12-24T00:00:00.000Z';
    await runStep(world, 'exchangeRelease', { ...back, keepUntil: later });
    expect(await record()).toMatchObject({ colour: 'blue', previous: { colour: 'green', keepUntil: later } });
    await runStep(world, 'exchangeRelease', { instance, colour: 'green', insteadOf: 'blue' }, { times: 2 });
    expect(await record()).toMatchObject({ colour: 'green', previous: { colour: 'blue', keepUntil } });
  });

  test('and the containers that run are those of the instance now: nothing is made anew', async () => {
    const before = await world.containers.container('drydock-pharma_serving-app-green-1');
    await runStep(world, 'routeTo', green);
    await runStep(world, 'exchangeRelease', forth);
    await runStep(world, 'startServing', { instance });
    expect(await world.containers.container('drydock-pharma_serving-app-green-1')).toBe(before);
    expect(await world.containers.container('drydock-pharma_serving-worker-green-1')).toMatchObject({
      state: 'running',
    });
    await runStep(world, 'verifyInstance', { instance });
  });

  test('and new files of `config/` come along when a copy brought none', async () => {
    await world.drivers.directories.removePath(instance, 'config/lookup.yaml');
    await runStep(world, 'exchangeRelease', forth, { times: 2 });
    expect(await read('config/lookup.yaml')).toBe('limit: 10\n');
    await runStep(world, 'exchangeRelease', back);
    await runStep(world, 'removeRelease', green);
    expect(await read('config/lookup.yaml')).toBeUndefined();
  });

  test('and the one that is kept goes when its time is over, and not before', async () => {
    await runStep(world, 'routeTo', green);
    await runStep(world, 'exchangeRelease', forth);
    await runStep(world, 'stopRelease', { instance, colour: 'blue' });
    const other = { instance, colour: 'blue', keptUntil: '2026-11-30T00:00:00.000Z' } as const;
    expect(await runStep(world, 'removeRelease', other)).toEqual([]);
    const removed = await runStep(world, 'removeRelease', { ...other, keptUntil: keepUntil });
    expect(removed).toHaveLength(2);
    expect(await record()).not.toHaveProperty('previous');
    expect(await files()).toEqual({ serving: two, blue: nothing, green: nothing });
  });
});

describe('traffic', () => {
  test('goes to a release with the configuration of that release', async () => {
    await runStep(world, 'routeTo', green, { times: 2 });
    expect(edge()).toMatchObject({ colour: 'green', mode: 'open' });
    await runStep(world, 'routeTo', { instance, colour: 'blue' });
    expect(edge().colour).toBe('blue');
  });

  test('does not go to a colour without a release', async () => {
    await runStep(world, 'removeRelease', green);
    await expect(runStep(world, 'routeTo', green)).rejects.toMatchObject({ type: 'not-found' });
    expect(edge().colour).toBe('blue');
  });

  test('is drained from the colour it no longer goes to, and from no other', async () => {
    await expect(runStep(world, 'drainRelease', { instance, colour: 'blue' })).rejects.toMatchObject({
      type: 'refused',
    });
    await runStep(world, 'routeTo', green);
    edge().sessions.blue = 2;
    setTimeout(() => {
      edge().sessions.blue = 0;
    }, 20);
    expect(await runStep(world, 'drainRelease', { instance, colour: 'blue' })).toEqual({ left: 0 });
  });

  test('goes to the serving release when the edge opens after an exchange behind closed doors', async () => {
    await runStep(world, 'closeEdge', { instance });
    await runStep(world, 'exchangeRelease', forth);
    await runStep(world, 'admitReads', { instance }, { times: 2 });
    expect(edge()).toMatchObject({ colour: 'green', mode: 'read-only' });
    await runStep(world, 'openEdge', { instance }, { times: 2 });
    expect(edge()).toMatchObject({ colour: 'green', mode: 'open' });
  });
});
