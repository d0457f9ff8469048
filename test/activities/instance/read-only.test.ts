import { beforeEach, describe, expect, test } from 'vitest';
import { createWorld, edgeAt, type MemoryWorld } from '../../support/world-in-memory.ts';
import { makeInstance, runStep } from '../../support/world-steps.ts';

const instance = 'pharma';
const operator = { instance, by: 'operator', reason: 'audit' };
const upgrade = { instance, by: 'upgrade-pharma', reason: 'upgrade to stack@2.0.0' };

let world: MemoryWorld;
beforeEach(async () => {
  world = createWorld();
  await makeInstance(world);
});

const edge = () => world.edge.at(edgeAt(world, instance));
const worker = async () => (await world.containers.container('drydock-pharma_serving-worker-blue-1'))?.state;
const hold = (step: typeof operator) => runStep(world, 'holdReadOnly', step, { times: 2 });
const release = ({ by }: typeof operator) => runStep(world, 'releaseReadOnly', { instance, by }, { times: 2 });

describe('an instance that is held read-only', () => {
  test('refuses writes and has no running writers, until it is released', async () => {
    const { at, writesLeft } = await hold(operator);
    expect(writesLeft).toBe(0);
    expect([edge().mode, await worker()]).toEqual(['read-only', 'exited']);
    const released = await release(operator);
    expect([edge().mode, await worker()]).toEqual(['open', 'running']);
    expect(Date.parse(released.at)).toBeGreaterThanOrEqual(Date.parse(at));
    expect(await world.drivers.directories.read(instance, '.drydock/read-only.json')).toBeUndefined();
  });

  test('says from when on, whoever asks again', async () => {
    const first = await runStep(world, 'holdReadOnly', operator);
    expect((await hold(operator)).at).toBe(first.at);
  });

  test('stays so while anybody holds it', async () => {
    await hold(operator);
    await hold(upgrade);
    await release(upgrade);
    expect([edge().mode, await worker()]).toEqual(['read-only', 'exited']);
    await release(operator);
    expect([edge().mode, await worker()]).toEqual(['open', 'running']);
  });

  test('is opened by a release of somebody who never held it, when nobody does', async () => {
    edge().mode = 'read-only';
    await release(upgrade);
    expect(edge().mode).toBe('open');
  });

  test('stays so over a barrier, a start, and an opening of the edge', async () => {
    await hold(operator);
    const request = { instance, reason: 'requested', waitMinutes: 1 } as never;
    const plan = await runStep(world, 'planBackup', { request });
    await runStep(world, 'raiseBarrier', { plan });
    await runStep(world, 'lowerBarrier', { plan });
    expect([edge().mode, await worker()]).toEqual(['read-only', 'exited']);
    await runStep(world, 'stopServing', { instance });
    await runStep(world, 'closeEdge', { instance });
    await runStep(world, 'startServing', { instance });
    await runStep(world, 'openEdge', { instance });
    expect([edge().mode, await worker()]).toEqual(['read-only', 'exited']);
    expect(await world.containers.container('drydock-pharma_serving-app-blue-1')).toMatchObject({ state: 'running' });
  });
});
