import { type Client, defaultPayloadConverter, type WorkflowHandle } from '@temporalio/client';
import { Progress, progressQuery, StepHeartbeat } from '../contracts/progress.ts';
import { hostQueue, type WorkflowType } from '../contracts/queues.ts';
import { pollsOf } from '../pollers.ts';

/** An outside view of a run at one moment. */
export interface Observation {
  progress?: Progress | undefined;
  /** By activity id: the last report of every step working on the host. */
  steps: Readonly<Record<string, StepObservation>>;
  /** By workflow id: nested procedures of this run, such as the backup before a restore. */
  nested?: Readonly<Record<string, Observation>>;
  /** Why nothing will move until somebody acts. */
  obstacle?: string | undefined;
}

export interface StepObservation {
  heartbeat: StepHeartbeat;
  attempt: number;
  lastFailure?: string;
}

type Description = Awaited<ReturnType<WorkflowHandle['describe']>>['raw'];
type PendingActivity = NonNullable<Description['pendingActivities']>[number];

/** How long work may lie in a queue without comment, and how long a poller may be silent before it counts as gone. */
const patienceMs = 5_000;
const pollerSilenceMs = 75_000;

export async function observe(client: Client, handle: WorkflowHandle): Promise<Observation> {
  const { raw } = await handle.describe();
  const pending = raw.pendingActivities ?? [];
  const obstacle = await findObstacle(client, raw, pending);
  // A query needs a worker; without a worker it would only wait.
  const progress = raw.pendingWorkflowTask != null && obstacle ? undefined : await queryProgress(client, handle);
  return {
    progress,
    nested: await observeNested(client, raw),
    obstacle,
    steps: Object.fromEntries(pending.map((activity) => [activity.activityId ?? '', observeStep(activity)])),
  };
}

/** Children that work for this run; other children only outlive it. */
const nestedTypes: readonly string[] = ['backup', 'verify'] satisfies WorkflowType[];

async function observeNested(client: Client, raw: Description): Promise<Record<string, Observation>> {
  const children = (raw.pendingChildren ?? []).filter((child) => nestedTypes.includes(child.workflowTypeName ?? ''));
  const seen: Record<string, Observation> = {};
  for (const { workflowId } of children) {
    if (workflowId) seen[workflowId] = await observe(client, client.workflow.getHandle(workflowId));
  }
  return seen;
}

/** A run's own progress; undefined when it does not answer in time. */
export async function queryProgress(client: Client, handle: WorkflowHandle): Promise<Progress | undefined> {
  try {
    const answer = await client.withDeadline(Date.now() + 5_000, () => handle.query(progressQuery));
    const parsed = Progress.safeParse(answer);
    return parsed.success ? parsed.data : undefined;
  } catch {
    // A new run, or one whose worker restarts, has no answer yet; the next look will get one.
    return undefined;
  }
}

function observeStep(activity: PendingActivity): StepObservation {
  const payload = activity.heartbeatDetails?.payloads?.[0];
  const heartbeat = payload === undefined ? {} : defaultPayloadConverter.fromPayload(payload);
  const parsed = StepHeartbeat.safeParse(heartbeat);
  const lastFailure = activity.lastFailure?.message;
  return {
    heartbeat: parsed.success ? parsed.data : {},
    attempt: activity.attempt ?? 1,
    ...(lastFailure ? { lastFailure } : {}),
  };
}

async function findObstacle(
  client: Client,
  raw: Description,
  pending: readonly PendingActivity[],
): Promise<string | undefined> {
  const task = raw.pendingWorkflowTask;
  const queue = raw.executionConfig?.taskQueue?.name ?? '';
  if (task != null && waitsLong(task.scheduledTime, task.startedTime) && !(await isPolled(client, queue, 'workflow'))) {
    return `no control worker asks queue ${queue} for work; drydock up starts a control worker on this machine`;
  }
  for (const activity of pending) {
    const name = activity.activityOptions?.taskQueue?.name ?? queue;
    if (!waitsLong(activity.scheduledTime, activity.lastStartedTime) || (await isPolled(client, name, 'activity')))
      continue;
    return `${activity.activityType?.name} waits for ${workerOf(name)}, which does not run; start this worker`;
  }
  return undefined;
}

/** The worker that serves a queue, in words. */
function workerOf(queue: string): string {
  const prefix = hostQueue('');
  return queue.startsWith(prefix) ? `the worker of host ${queue.slice(prefix.length)}` : `a worker of queue ${queue}`;
}

type Moment = { seconds?: unknown } | null | undefined;

function waitsLong(scheduled: Moment, started: Moment): boolean {
  return started == null && scheduled != null && Date.now() - Number(scheduled.seconds) * 1000 > patienceMs;
}

async function isPolled(client: Client, queue: string, kind: 'workflow' | 'activity'): Promise<boolean> {
  const seconds = await pollsOf(client.workflowService, { namespace: client.options.namespace, queue, kind });
  return Date.now() - Math.max(0, ...seconds) * 1000 < pollerSilenceMs;
}
