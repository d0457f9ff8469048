import { fileURLToPath } from 'node:url';
import {
  type ActivityInterceptorsFactory,
  bundleWorkflowCode,
  NativeConnection,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { errorInterceptor } from '../activities/attempt/error-interceptor.ts';
import type { TemporalConfig } from '../config.ts';
import { tlsConfig } from '../tls.ts';

/** Directory of workflows as Temporal's bundler wants it. */
const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/** How long steps that run when a worker is told to stop may go on; then they are left to the next worker. */
const shutdownGraceTime = '5 seconds';
const shutdownForceTime = '15 seconds';

export async function connectWorker(config: TemporalConfig): Promise<NativeConnection> {
  return NativeConnection.connect({
    address: config.address,
    tls: config.tls === undefined ? null : tlsConfig(config.tls),
    ...(config.apiKey === undefined ? {} : { apiKey: config.apiKey.reveal() }),
  });
}

/** A worker for activities, and for workflows where it is asked to. */
export async function createWorker(options: {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  activities: object;
  workflows: 'none' | 'all';
  maxConcurrentActivities: number;
  interceptors?: ActivityInterceptorsFactory[];
}): Promise<Worker> {
  const { connection, namespace, taskQueue, activities, maxConcurrentActivities } = options;
  const workflows: Pick<WorkerOptions, 'workflowBundle' | 'maxCachedWorkflows'> =
    options.workflows === 'all' ? { workflowBundle: await bundleWorkflows(), maxCachedWorkflows: 100 } : {};
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    activities,
    ...workflows,
    maxConcurrentActivityTaskExecutions: maxConcurrentActivities,
    shutdownGraceTime,
    shutdownForceTime,
    // The outermost comes first: whatever the others throw becomes a failure that Temporal understands.
    interceptors: { activity: [errorInterceptor, ...(options.interceptors ?? [])] },
  });
}

/** All workflows as one script; tests bundle the same way. */
async function bundleWorkflows(): Promise<{ code: string }> {
  return bundleWorkflowCode({ workflowsPath });
}
