import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { Lease } from '../../src/contracts/lease.ts';
import { hostQueue } from '../../src/contracts/queues.ts';
import * as workflows from '../../src/workflows/index.ts';
import { memoryRuns } from './in-process/client.ts';
import { InProcess, type Perform } from './in-process/engine.ts';
import type { Carrier } from './temporal.ts';

/** Our own procedures; the entities are workflows of a server. */
const performOwn: Perform = async (type, platform, [input, nested]) => {
  const workflow = Object.entries(workflows).find(([name]) => name === type)?.[1];
  if (workflow === undefined || !('on' in workflow)) throw new Error(`no procedure ${type}`);
  return workflow.on(platform, input, nested === undefined ? undefined : Lease.parse(nested));
};

/** Carries procedures without a server: what Temporal would do, done in memory, and no time is waited for. */
export function inProcess(perform: Perform = performOwn): Carrier {
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
