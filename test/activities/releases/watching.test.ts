import { describe, expect, test } from 'vitest';
import type { Traffic } from '../../../src/contracts/upgrade.ts';
import { withServingInstance } from '../../support/serving-instance.ts';
import { edgeAt, type MemoryWorld } from '../../support/world-in-memory.ts';
import { runStep, type StepOptions } from '../../support/world-steps.ts';

const instance = 'pharma';
const plan = {
  instance,
  to: { ref: 'stack@1.0.0', colour: 'blue' },
  watch: { errorRate: 0.02, latencyFactor: 3, latencyFloorMs: 250, minimumRequests: 20 },
} as never;
const before: Traffic = { requests: 1000, errors: 0, averageMs: 10, seconds: 10 };
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

let world: MemoryWorld;
withServingInstance((made) => {
  world = made;
});

const traffic = () => world.edge.at(edgeAt(world, instance)).traffic;
const watch = (ms: number, options: StepOptions = {}) => {
  const onHeartbeat: StepOptions['onHeartbeat'] = (details) => {
    options.onHeartbeat?.(details);
    if (details.checkpoint === undefined) return;
    change?.();
    change = undefined;
  };
  return runStep(world, 'watchRelease', { plan, before, until: inMs(ms) }, { ...options, onHeartbeat });
};
const app = async () => {
  const view = await world.containers.container('drydock-pharma_serving-app-blue-1');
  if (view === undefined) throw new Error('no app');
  return view;
};
/** Changes the world once the watch has begun and looked for the first time. */
let change: (() => unknown) | undefined;
const afterFirstLook = (then: () => unknown) => {
  change = then;
};

describe('a release that is watched', () => {
  test('is good when it stays good, and its traffic is that of the whole time', async () => {
    traffic().blue = { requests: 500, errors: 5, averageMs: 10 };
    afterFirstLook(() => Object.assign(traffic().blue, { requests: 600, errors: 6, averageMs: 20 }));
    expect(await watch(1000)).toMatchObject({ requests: 100, errors: 1, averageMs: 20 });
  });

  test('is looked at once even when there is no time for it', async () => {
    expect(await watch(0)).toMatchObject({ requests: 0, errors: 0 });
  });

  test('says in its heartbeats how it is', async () => {
    const said: unknown[] = [];
    // It fails in the end: how long a look takes decides nothing.
    afterFirstLook(() => Object.assign(traffic().blue, { requests: 100, errors: 100 }));
    const watched = watch(10_000, { onHeartbeat: (details) => void said.push(details) });
    await expect(watched).rejects.toMatchObject({ type: 'unhealthy' });
    expect(JSON.stringify(said)).toContain('0 requests, 0 errors');
  });

  test('is given up for its errors, whatever came before it', async () => {
    traffic().blue = { requests: 500, errors: 5, averageMs: 10 };
    afterFirstLook(() => Object.assign(traffic().blue, { requests: 600, errors: 55 }));
    await expect(watch(10_000)).rejects.toMatchObject({
      type: 'unhealthy',
      message: expect.stringContaining('50 of 100 requests failed'),
    });
  });

  test('is given up for its latency', async () => {
    afterFirstLook(() => Object.assign(traffic().blue, { requests: 100, averageMs: 900 }));
    await expect(watch(10_000)).rejects.toMatchObject({
      type: 'unhealthy',
      message: expect.stringContaining('answers took 900 ms'),
    });
  });

  test('is not given up for one bad look, nor for what too few requests say', async () => {
    afterFirstLook(() => Object.assign(traffic().blue, { requests: 10, errors: 10 }));
    expect(await watch(1000)).toMatchObject({ requests: 10, errors: 10 });
  });

  test.each<[string, (view: Awaited<ReturnType<typeof app>>) => unknown, string]>([
    ['a container that is unhealthy', (view) => Object.assign(view, { health: 'unhealthy' }), 'is unhealthy'],
    ['a container that ran out of memory', (view) => Object.assign(view, { oomKilled: true }), 'ran out of memory'],
    ['a restart', (view) => Object.assign(view, { startedAt: '2027-01-01T00:00:00Z' }), 'was restarted at 2027'],
    ['a container that ended', (view) => Object.assign(view, { state: 'exited' }), 'is exited'],
    ['a container that is gone', ({ name }) => world.containers.discard(name), 'is gone'],
  ])('is given up for %s', async (_, happens, words) => {
    const view = await app();
    afterFirstLook(() => happens(view));
    await expect(watch(10_000)).rejects.toMatchObject({
      type: 'unhealthy',
      message: expect.stringContaining(`drydock-pharma_serving-app-blue-1 ${words}`),
    });
  });

  test('is given up for a container that was gone before it began', async () => {
    world.containers.discard((await app()).name);
    await expect(watch(10_000)).rejects.toMatchObject({
      message: expect.stringContaining('drydock-pharma_serving-app-blue-1 is gone'),
    });
  });

  test('is given up when three smoke tests in a row fail', async () => {
    const stopped = await world.containers.container('drydock-pharma_serving-edge-1');
    afterFirstLook(() => Object.assign(stopped ?? {}, { state: 'exited' })); // The application of the tests answers 503 then.
    await expect(watch(10_000)).rejects.toMatchObject({
      type: 'unhealthy',
      message: expect.stringContaining('GET /health of app: status 503'),
    });
  });

  test('may stand without its writers while somebody holds the instance read-only', async () => {
    await runStep(world, 'holdReadOnly', { instance, by: 'operator', reason: 'audit' });
    await watch(40);
    await runStep(world, 'releaseReadOnly', { instance, by: 'operator' });
    await world.containers.stop('drydock-pharma_serving-worker-blue-1', 1);
    await expect(watch(10_000)).rejects.toMatchObject({ message: expect.stringContaining('worker-blue-1 is exited') });
  });

  test('is counted on by the next attempt, also over a restart of the edge', async () => {
    traffic().blue = { requests: 100, errors: 0, averageMs: 10 };
    const saved: unknown[] = [];
    afterFirstLook(() => Object.assign(traffic().blue, { requests: 150 }));
    await watch(1000, { onHeartbeat: ({ checkpoint }) => void saved.push(structuredClone(checkpoint)) });
    Object.assign(traffic().blue, { requests: 30, averageMs: 10 });
    expect(await watch(0, { checkpoint: saved.at(-1) })).toMatchObject({ requests: 80 });
  });

  test('is no longer watched when the step is cancelled', async () => {
    await expect(watch(10_000, { cancelled: true })).rejects.toThrow();
  });
});

test('traffic is measured over a time', async () => {
  traffic().blue = { requests: 100, errors: 1, averageMs: 10 };
  setTimeout(() => Object.assign(traffic().blue, { requests: 140, errors: 3 }), 150);
  const step = { instance, colour: 'blue', seconds: 0.3 } as const;
  expect(await runStep(world, 'measureTraffic', step)).toEqual({
    requests: 40,
    errors: 2,
    averageMs: 10,
    seconds: 0.3,
  });
});
