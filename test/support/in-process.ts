import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { Lease } from '../../src/contracts/lease.ts';
import { hostQueue } from '../../src/contracts/queues.ts';
import * as workflows from '../../src/workflows/index.ts';
import type { Platform } from '../../src/workflows/running/platform.ts';
import { memoryRuns } from './in-process/client.ts';
import { InProcess, type Perform } from './in-process/engine.ts';
import type { Carrier } from './temporal.ts';

/** Performs one procedure on a platform. */
export type Performer = (platform: Platform, input: unknown, more: unknown) => Promise<unknown>;

/** A procedure: performed by `on`, under the lease of another if there is one. */
interface OnPlatforms {
  on(platform: Platform, input?: unknown, nested?: Lease): Promise<unknown>;
}

/**
 * Carries procedures without a server: does the work of Temporal in memory, and skips waiting times. Carries our procedures;
 * a procedure in `instead` takes the place of ours.
 */
export function inProcess(instead: Readonly<Record<string, Performer | OnPlatforms>> = {}): Carrier {
  const performers = new Map(Object.entries({ ...own, ...instead }));
  const perform: Perform = async (type, platform, [input, more]) => {
    const performer = performers.get(type);
    if (performer === undefined) throw new Error(`perform ${type}: there is no such procedure`);
    if (!('on' in performer)) return performer(platform, input, more);
    return performer.on(platform, input, more === undefined ? more : Lease.parse(more));
  };
  const engine: InProcess = new InProcess(perform, clientOf);
  const workflow = memoryRuns(engine);
  return {
    env: {
      client: { workflow },
      currentTimeMs: async () => engine.clock.now(),
      sleep: (ms) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        engine.clock.after(ms, resolve);
        return engine.leaping(promise);
      },
    },
    client: clientOf(engine),
    async withWorkers({ control, hosts = {}, taskQueue = `drydock-${randomUUID()}` }, work) {
      engine.work(taskQueue, control);
      for (const [host, activities] of Object.entries(hosts)) engine.work(hostQueue(host), activities);
      try {
        return await work(taskQueue);
      } finally {
        await engine.clear();
      }
    },
    end: async (handle) => void (await handle.terminate()),
    close: async () => {},
  };
}

/** The part of a client that activities use. */
function clientOf(engine: InProcess): Client {
  const call = <T>(_: unknown, work: () => Promise<T>) => work();
  return { workflow: memoryRuns(engine), withDeadline: call, withAbortSignal: call } as unknown as Client;
}

const own = Object.fromEntries(
  Object.entries(workflows).flatMap(([type, workflow]) => ('on' in workflow ? [[type, workflow] as const] : [])),
);
