import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { cacheDirectory } from '../../src/client/embedded/home.ts';
import { hostEnvironment } from '../../src/client/embedded/workers.ts';
import { hostQueue } from '../../src/contracts/queues.ts';
import type { KillOrders } from './harness-worker.ts';
import type { Plane } from './plane.ts';

/** A further host of a plane: an instance root of its own, and a worker that a test starts, orders and kills. */
export interface HarnessHost {
  readonly name: string;
  readonly root: string;
  readonly queue: string;
  readonly deaths: string;
  /** A worker that has loaded everything and waits for the signal to begin. */
  prepare(orders: Orders): WorkerProcess;
  /** Runs an ordinary worker, with further variables, while `work` lasts. */
  serving<Result>(work: () => Promise<Result>, environment?: Record<string, string>): Promise<Result>;
  /** Forgets which steps were killed. */
  forget(): void;
}

export type Orders = DistributiveOmit<KillOrders, 'deaths'>;
type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

export interface WorkerProcess {
  readonly ended: Promise<unknown>;
  go(): void;
  kill(): Promise<void>;
}

export const harmless: Orders = { mode: 'never' };

export function harnessHost(plane: Plane, name: string): HarnessHost {
  const { home, config } = plane.embedded;
  const root = join(home.directory, 'hosts', name);
  const deaths = join(home.run, `deaths-${name}.jsonl`);
  mkdirSync(root, { recursive: true, mode: 0o700 });

  const prepare = (orders: Orders, further: Record<string, string> = {}): WorkerProcess => {
    const environment = { ...config.environment, DRYDOCK_ROOT: root, ...further };
    const env = hostEnvironment(home, { ...config, host: name as never, environment }, cacheDirectory(process.env));
    const log = openSync(join(home.logs, `host-${name}.log`), 'a', 0o600);
    const entry = fileURLToPath(new URL('harness-worker.ts', import.meta.url));
    const child = spawn(process.execPath, [entry], {
      env: { ...env, KILL_ORDERS: JSON.stringify({ ...orders, deaths }) },
      stdio: ['pipe', log, log],
    });
    return workerProcess(child);
  };
  return {
    name,
    root,
    deaths,
    queue: hostQueue(name),
    prepare,
    serving: async (work, environment) => {
      const worker = prepare(harmless, environment);
      worker.go();
      const begun = async () => {
        await vi.waitUntil(() => isPolled(plane, hostQueue(name)), { timeout: 300_000, interval: 100 });
        return work();
      };
      try {
        return await Promise.race([begun(), worker.ended.then(() => Promise.reject(new Error(`${name} ended`)))]);
      } finally {
        await worker.kill();
      }
    },
    forget: () => rmSync(deaths, { force: true }),
  };
}

/** A host is chosen only when somebody has asked its queue for work. */
async function isPolled({ temporal }: Plane, queue: string): Promise<boolean> {
  const activities = 2;
  const { pollers } = await temporal.workflowService.describeTaskQueue({
    namespace: temporal.options.namespace,
    taskQueue: { name: queue },
    taskQueueType: activities,
  });
  return pollers.length > 0;
}

function workerProcess(child: ChildProcess): WorkerProcess {
  const ended = once(child, 'exit');
  // A dead worker receives no message.
  child.stdin?.on('error', () => {});
  return {
    ended,
    go: () => child.stdin?.write('go\n'),
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
