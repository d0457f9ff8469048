import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Generation } from '../../../src/contracts/ids.ts';
import type { SettleReport } from '../../../src/contracts/settle.ts';
import type { UpgradePlan } from '../../../src/contracts/upgrade.ts';
import { storeLabels } from '../../../src/model/instance/labels.ts';
import { anIdentity, aRestorePlan, setId } from '../../support/builders.ts';
import { inProcess } from '../../support/in-process.ts';
import { withServingInstance } from '../../support/serving-instance.ts';
import type { MemoryWorld } from '../../support/world-in-memory.ts';
import { endOf, resultOf } from '../../support/world-runs.ts';
import { exchangeHalfWay, planNext, runStep } from '../../support/world-steps.ts';

const instance = 'pharma';
/** Workflow id of the steps that a test runs. */
const upgrade = 'test';
const green = { instance, colour: 'green' } as const;
const [one, two] = [1 as Generation, 2 as Generation];

let world: MemoryWorld;
let port: number;
withServingInstance((made, its) => {
  [world, port] = [made, its];
});

/** Runs the procedure in this process; returns its repairs, and the facts that the instance receives. */
async function settle(dead: string[] = [upgrade], of: string = instance) {
  const { result, failure, leases } = await endOf<SettleReport>(inProcess(), world, 'settle', {
    ...anIdentity(of),
    dead,
  });
  if (failure !== undefined) throw failure;
  return { done: result.done, facts: leases.released[0] };
}
const at = (...parts: string[]) => world.drivers.directories.path(instance, ...parts);
const edge = () => world.edge.at(at('.drydock/edge'));
const record = () => world.drivers.directories.record(instance);
const running = async (colour: string) => {
  const views = await world.containers.containers({ 'drydock.instance': instance, 'drydock.colour': colour });
  return views.filter(({ state }) => state === 'running').map(({ name }) => name);
};
const state = async (service: string) =>
  (await world.containers.container(`drydock-pharma_serving-${service}-1`))?.state;

/** The candidate runs beside, as a waiting upgrade leaves it. */
async function beside(): Promise<UpgradePlan> {
  const plan = await planNext(world, { port, version: '2.0.0', migrations: 'compatible' });
  await runStep(world, 'prepareRelease', { plan });
  await runStep(world, 'startRelease', { plan });
  return plan;
}

/** Settles twice: the second settling finds nothing to do, and the instance serves. */
async function settled(dead?: string[]): Promise<string[]> {
  const { done } = await settle(dead);
  const before = world.snapshot();
  expect((await settle(dead)).done).toEqual([]);
  expect(world.snapshot()).toEqual(before);
  await runStep(world, 'verifyInstance', { instance });
  return done;
}

describe('an instance is settled', () => {
  test('when nothing is wrong, by doing nothing', async () => {
    await resultOf(inProcess(), world, 'verify', { instance }); // the world looks at its containers after a step
    const before = world.snapshot();
    expect(await settled()).toEqual([]);
    expect(world.snapshot()).toEqual(before);
    expect((await settle()).facts).toEqual({
      tier: 'standard',
      blueprint: 'stack@1.0.0',
      colour: 'blue',
      generation: 1,
      mode: 'open',
      modeReason: '',
    });
  });

  test('after a change of its tier that died, by saying the tier of its record', async () => {
    await runStep(world, 'writeTier', { instance, tier: 'premium' });
    expect(await settled()).toEqual([]);
    expect((await settle()).facts).toMatchObject({ tier: 'premium' });
  });

  test('that was never made, by doing nothing', async () => {
    expect(await settle([], 'unborn')).toEqual({ done: [], facts: {} });
  });

  test('by lifting the read-only of the dead, and of nobody else', async () => {
    await runStep(world, 'holdReadOnly', { instance, by: upgrade, reason: 'upgrade' });
    await runStep(world, 'holdReadOnly', { instance, by: 'operator', reason: 'audit' });
    expect(await settled()).toEqual(['lifted the read-only hold of test (upgrade)']);
    expect([edge().mode, await state('worker-blue')]).toEqual(['read-only', 'exited']);
    expect((await settle()).facts).toMatchObject({ mode: 'read-only', modeReason: 'audit' });
    await runStep(world, 'releaseReadOnly', { instance, by: 'operator' });
    await runStep(world, 'holdReadOnly', { instance, by: upgrade, reason: 'upgrade' });
    await settled();
    expect([edge().mode, await state('worker-blue')]).toEqual(['open', 'running']);
  });

  test('after a backup that died at its barrier, with a store stopped', async () => {
    const request = { instance, reason: 'requested', waitMinutes: 1 } as never;
    await runStep(world, 'raiseBarrier', { plan: await runStep(world, 'planBackup', { request }) });
    await world.containers.stop('drydock-pharma_serving-neo4j-1', 1);
    expect(await settled([])).toEqual([
      'started store graph',
      'started drydock-pharma_serving-neo4j-1',
      'started drydock-pharma_serving-worker-blue-1',
      'turned the edge from read-only to open',
    ]);
  });

  test('after a restore that died while it built a generation', async () => {
    await runStep(world, 'createGeneration', { plan: aRestorePlan() });
    await runStep(world, 'startGeneration', { plan: aRestorePlan() });
    expect(await settled([])).toEqual(['removed the containers of drydock-pharma_g2']);
    expect(await world.containers.volumes({ 'drydock.generation': '2' })).toHaveLength(3);
  });

  test('after a drill that died, by removing all of it, and only when it is dead', async () => {
    const labels = storeLabels(anIdentity(), 2, 'graph');
    await world.containers.createVolume('drydock-pharma.neo4j_data.g2', labels);
    world.containers.place('drydock-pharma_g2_oneoff_graph-tool', { labels });
    const { directories } = world.drivers;
    await directories.write(instance, '.drydock/generations/g2/release/.env', 'SECRET=1\n');
    await directories.write(instance, '.drydock/staging/drill-x/graph/neo4j.dump', 'bytes');
    await world.containers.ensureImage('old:1');
    const note = { by: 'drill-1', set: setId, generation: 2, staging: 'drill-x', images: ['old:1'] };
    await directories.write(instance, '.drydock/drill.json', JSON.stringify(note));
    expect((await settle(['another'])).done).toEqual([]);
    expect(await settled(['drill-1'])).toEqual([`removed the drill of set ${setId}`]);
    expect(await world.containers.volume('drydock-pharma.neo4j_data.g2')).toBeUndefined();
    expect(await world.containers.container('drydock-pharma_g2_oneoff_graph-tool')).toBeUndefined();
    expect(await world.containers.image('old:1')).toBeUndefined();
    for (const path of ['.drydock/generations/g2', '.drydock/staging/drill-x', '.drydock/drill.json']) {
      expect(existsSync(at(path)), path).toBe(false);
    }
  });

  test('after a drill whose generation somebody else has built since, without touching that', async () => {
    const { directories } = world.drivers;
    const note = { by: 'drill-1', set: setId, generation: 1, staging: 'drill-x', images: [] };
    await directories.write(instance, '.drydock/drill.json', JSON.stringify(note));
    await directories.write(instance, '.drydock/staging/drill-x/graph/neo4j.dump', 'bytes');
    expect(await settled(['drill-1'])).toEqual([`removed the drill of set ${setId}`]);
    expect(await world.containers.volumes({ 'drydock.generation': '1' })).toHaveLength(3);
    expect(existsSync(at('.drydock/staging/drill-x'))).toBe(false);
  });

  test('after a restore that died half way through its switch', async () => {
    const { directories } = world.drivers;
    await directories.write(instance, 'config/page', 'old');
    await directories.write(instance, '.drydock/generations/g2/files/config/page', 'new');
    await directories.makeDirectory(instance, '.drydock/generations/g1/files');
    await runStep(world, 'closeEdge', { instance });
    await runStep(world, 'stopServing', { instance });
    await rename(at('config'), at('.drydock/generations/g1/files/config'));
    await rename(at('.drydock/generations/g2/files/config'), at('config'));
    const done = await settled([]);
    expect(done).toContain('brought the files of generation 1 back');
    expect(done).toContain('turned the edge from maintenance to open');
    expect(await directories.read(instance, 'config/page')).toBe('old');
    expect(await directories.read(instance, '.drydock/generations/g2/files/config/page')).toBe('new');
  });
});

describe('an upgrade that died', () => {
  test('while another one waits beside, leaves that one alone', async () => {
    await beside();
    expect(await settled(['somebody-else'])).toEqual([]);
    expect(await running('green')).toHaveLength(1);
  });

  test('before its switch, leaves no candidate', async () => {
    await beside();
    await runStep(world, 'stopWriters', { instance, colour: 'blue' });
    await runStep(world, 'routeTo', green);
    expect(await settled()).toEqual([
      'started drydock-pharma_serving-worker-blue-1',
      'pointed the edge at blue',
      'removed the green release, which never served',
    ]);
    expect(await running('green')).toEqual([]);
    expect(await running('blue')).toHaveLength(2);
  });

  test.each([1, 2, 3])(
    'half way through the exchange of files, after %i of four renames, serves the old one',
    async (count) => {
      await beside();
      await runStep(world, 'routeTo', green);
      await exchangeHalfWay(world, count);
      expect(await settled()).toEqual([
        'brought the files of the blue release back',
        'pointed the edge at blue',
        'removed the green release, which never served',
      ]);
      expect(await running('blue')).toHaveLength(2);
    },
  );

  test('after its switch, serves the new one and keeps the old one stopped', async () => {
    await beside();
    await runStep(world, 'stopWriters', { instance, colour: 'blue' });
    await runStep(world, 'routeTo', green);
    await runStep(world, 'exchangeRelease', { ...green, insteadOf: 'blue' });
    expect(await settled()).toEqual([
      'started drydock-pharma_serving-worker-green-1',
      'stopped the blue release, and kept it for the way back',
    ]);
    expect(await running('blue')).toEqual([]);
    expect(await record()).toMatchObject({ colour: 'green', previous: { colour: 'blue', generation: 1 } });
  });

  test('on a copy between generation and release, serves the old release on its own generation', async () => {
    const plan = await planNext(world, { port, version: '3.0.0', migrations: 'incompatible' });
    await runStep(world, 'prepareRelease', { plan });
    for (const [store, volume] of Object.entries(aRestorePlan().volumes)) {
      const labels = storeLabels(anIdentity(), 2, store);
      await world.containers.createVolume(volume, labels);
    }
    await runStep(world, 'closeEdge', { instance });
    await runStep(world, 'stopServing', { instance });
    await runStep(world, 'exchangeGeneration', { instance, generation: two, insteadOf: one });
    expect(await settled()).toContain('took stack@1.0.0 back to generation 1');
    expect(await record()).toMatchObject({ colour: 'blue', generation: 1, blueprint: { ref: 'stack@1.0.0' } });
    expect(edge()).toMatchObject({ colour: 'blue', mode: 'open' });
  });
});

test('a going back that died before its switch leaves the kept release stopped', async () => {
  const plan = await beside();
  await runStep(world, 'routeTo', green);
  await runStep(world, 'exchangeRelease', { ...green, insteadOf: 'blue', keepUntil: '2026-12-01T00:00:00.000Z' });
  await runStep(world, 'startServing', { instance });
  await runStep(world, 'stopRelease', { instance, colour: 'blue' });
  await runStep(world, 'startRelease', { plan: { instance: plan.instance, to: plan.from } });
  expect(await settled(['rollback-pharma'])).toEqual(['stopped the blue release, and kept it for the way back']);
  expect(await record()).toMatchObject({ previous: { keepUntil: '2026-12-01T00:00:00.000Z' } });
});

test('a decommissioning that died with a volume gone is not turned back', async () => {
  await runStep(world, 'removeContainers', { instance });
  await world.drivers.containers.removeVolume('drydock-pharma.neo4j_data.g1', {});
  await expect(settle()).rejects.toMatchObject({
    type: 'refused',
    message: expect.stringContaining('volume drydock-pharma.neo4j_data.g1 of store graph is gone'),
  });
});
