import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkerOptions,
  type WorkflowBundle,
} from '@temporalio/worker';
import { errorInterceptor } from '../../src/activities/attempt/error-interceptor.ts';
import { ensureNamespace } from '../../src/client/embedded/namespace.ts';
import { hostQueue } from '../../src/contracts/queues.ts';
import { bundlesVariable } from './bundles-setup.ts';
import { removeServer, serverAt, settleServer } from './server.ts';
import { serverVariable } from './server-setup.ts';

// biome-ignore lint/suspicious/noExplicitAny: activities are called with what the workflow sends
export type Activities = Record<string, (input: any) => Promise<unknown>>;

export interface Workers {
  readonly control: Activities;
  /** Activities of each host, by its name. */
  readonly hosts?: Record<string, Activities>;
  /** Queue of the workflows; a fresh queue unless two calls share it. */
  readonly taskQueue?: string;
  /** `history`: every task begins from the history, as on another worker, so nothing kept in memory can help. */
  readonly workflowsFrom?: 'memory' | 'history';
}

export interface RunOptions {
  readonly taskQueue: string;
  readonly workflowId: string;
  readonly args?: unknown[];
  readonly memo?: Record<string, unknown>;
}

/** Acts of tests on a run, on a server or in memory. */
export interface RunHandle {
  readonly workflowId: string;
  // biome-ignore lint/suspicious/noExplicitAny: each procedure reports something else
  result(): Promise<any>;
  cancel(): Promise<unknown>;
  terminate(reason?: string): Promise<unknown>;
  signal(name: string, payload?: unknown): Promise<void>;
  query<Answer>(name: string): Promise<Answer>;
  // biome-ignore lint/suspicious/noExplicitAny: each update answers something else
  executeUpdate(name: string, options?: { args: [unknown] }): Promise<any>;
  describe(): Promise<{ status: { name: string }; runId: string; searchAttributes: Record<string, unknown> }>;
}

export interface Runs {
  start(type: string, options: RunOptions): Promise<RunHandle & { readonly firstExecutionRunId: string }>;
  // biome-ignore lint/suspicious/noExplicitAny: each procedure reports something else
  execute(type: string, options: RunOptions): Promise<any>;
  getHandle(workflowId: string, runId?: string): RunHandle;
}

/** Where runs are carried: on a server, or in memory (`in-process.ts`). */
export interface Carrier {
  readonly env: {
    readonly client: { readonly workflow: Runs };
    /** Time of the clock of the runs. */
    currentTimeMs(): Promise<number>;
    sleep(ms: number): Promise<void>;
  };
  /** What activities are given, for tests that call them by themselves. */
  readonly client: Client;
  /** Runs workers of the control queue and of the hosts while `work` lasts. */
  withWorkers<T>(workers: Workers, work: (taskQueue: string) => Promise<T>): Promise<T>;
  /** Terminates a run, unless it is closed already. */
  end(handle: Pick<RunHandle, 'describe' | 'terminate'>): Promise<void>;
  close(): Promise<void>;
}

export interface OnServer extends Carrier {
  readonly env: TestWorkflowEnvironment;
}

const ownWorkflows = new URL('../../src/workflows/index.ts', import.meta.url);

/**
 * A carrier of the workflows that `workflows` exports, Drydock's own unless told otherwise, on the real server, which all
 * files of a run share; each file has its own namespace. Time passes as usual, so no test may wait for long. Outside of a
 * run of tests the server is started for the file.
 */
export async function startRealTime(workflows: URL = ownWorkflows): Promise<OnServer> {
  quietRuntime();
  const shared = process.env[serverVariable];
  const home = shared ?? (await mkdtemp(join(tmpdir(), 'drydock-real-time-')));
  if (shared === undefined) await settleServer(home);
  const namespace = `file-${randomUUID()}`;
  const [address, workflowBundle] = await Promise.all([serverAt(home), bundle(workflows)]);
  const connection = await Connection.connect({ address });
  await ensureNamespace(connection, namespace).finally(() => connection.close());
  const env = await TestWorkflowEnvironment.createFromExistingServer({ address, namespace });
  return {
    env,
    client: env.client,
    withWorkers: (workers, work) => withWorkers(env, workflowBundle, workers, work),
    end,
    close: async () => {
      await env.teardown();
      if (shared === undefined) await removeServer(home);
    },
  };
}

async function end(handle: Pick<RunHandle, 'describe' | 'terminate'>): Promise<void> {
  const { status } = await handle.describe();
  if (status.name === 'RUNNING') await handle.terminate();
}

const bundles = new Map<string, Promise<WorkflowBundle>>();

/** The workflows that a file exports, as one script. Files of a run share the script; outside of a run it is made anew. */
export function bundle(workflows: URL = ownWorkflows): Promise<WorkflowBundle> {
  const known = bundles.get(workflows.href) ?? makeBundle(fileURLToPath(workflows));
  bundles.set(workflows.href, known);
  return known;
}

async function makeBundle(workflowsPath: string): Promise<WorkflowBundle> {
  const shared = process.env[bundlesVariable] ?? (await mkdtemp(join(tmpdir(), 'drydock-bundle-')));
  const made = join(shared, `${workflowsPath.replaceAll(/[^\w]/g, '-')}.js`);
  const known = await readFile(made, 'utf8').catch(() => undefined);
  if (known !== undefined) return { code: known };
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const whole = `${made}.${process.pid}`;
  await writeFile(whole, code);
  await rename(whole, made);
  return { code };
}

async function withWorkers<T>(
  env: TestWorkflowEnvironment,
  workflowBundle: WorkflowBundle,
  { control, hosts = {}, taskQueue = `drydock-${randomUUID()}`, workflowsFrom = 'memory' }: Workers,
  work: (taskQueue: string) => Promise<T>,
): Promise<T> {
  const common: Omit<WorkerOptions, 'taskQueue'> = {
    connection: env.nativeConnection,
    namespace: env.namespace ?? 'default',
    interceptors: { activity: [errorInterceptor] },
    // Workflows run in this thread: half the processor time, and no thread to start for each of hundreds of runs.
    debugMode: true,
    maxHeartbeatThrottleInterval: 50,
    defaultHeartbeatThrottleInterval: 50,
  };
  const workers = await Promise.all([
    Worker.create({
      ...common,
      taskQueue,
      workflowBundle,
      activities: control,
      ...(workflowsFrom === 'history' ? { maxCachedWorkflows: 0 } : {}),
    }),
    ...Object.entries(hosts).map(([host, activities]) =>
      Worker.create({ ...common, taskQueue: hostQueue(host), activities }),
    ),
  ]);
  return workers.reduceRight(
    (inner, worker) => () => worker.runUntil(inner),
    () => work(taskQueue),
  )();
}

let quiet = false;

/** For a test that looks at the runtime itself. Call it before a server starts; each file has its own process. */
export function installOwnRuntime(options: Parameters<typeof Runtime.install>[0]): void {
  quiet = true;
  Runtime.install(options);
}

/** Tests provoke warnings by the hundred; once in a process, before anything else of the SDK. */
function quietRuntime(): void {
  if (quiet) return;
  quiet = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
}
