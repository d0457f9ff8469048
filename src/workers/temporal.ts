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
import { connectionOptions } from '../tls.ts';

/** Directory of workflows for Temporal's bundler. */
const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

/** How long running steps may continue after a worker is told to stop; then the next worker takes over. */
const shutdownGraceTime = '5 seconds';
const shutdownForceTime = '15 seconds';

export async function connectWorker(config: TemporalConfig): Promise<NativeConnection> {
  return NativeConnection.connect(connectionOptions(config));
}

/** A worker for activities, and for workflows if wanted. */
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
    options.workflows === 'all'
      ? { workflowBundle: await bundleWorkflowCode({ workflowsPath }), maxCachedWorkflows: 100 }
      : {};
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    activities,
    ...workflows,
    maxConcurrentActivityTaskExecutions: maxConcurrentActivities,
    shutdownGraceTime,
    shutdownForceTime,
    // The outermost comes first: it turns every error of the others into a failure that Temporal understands.
    interceptors: { activity: [errorInterceptor, ...(options.interceptors ?? [])] },
  });
}
