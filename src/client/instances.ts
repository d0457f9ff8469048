import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { entityId, InstanceState, leaseMessages } from '../contracts/lease.ts';
import { entities, questions } from '../contracts/procedures.ts';
import { DrydockError } from '../errors.ts';
import { runningInstances } from '../running-instances.ts';
import { grpcCode, grpcErrorIn } from '../service-errors.ts';
import { queryProgress } from './observation.ts';

/** One line of `drydock status`: an instance is listed even when its state cannot be read. */
export type InstanceView =
  | { instance: string; state: InstanceState; problem?: undefined }
  | { instance: string; state?: undefined; problem: string };

export interface RunView {
  workflowId: string;
  procedure: string;
  startedAt: string;
  /** Why the run does not move, if so; only for a single instance. */
  waitingFor?: string | undefined;
  /** Hash of the plan awaiting approval; only for a single instance. */
  plan?: string | undefined;
}

/**
 * How long an entity may take to tell its state. Workers that lost Temporal poll again up to 12 s after its return (the
 * SDK's longest pause between two polls, with its jitter), and a restarted worker replays first.
 */
const queryMs = 30_000;

export async function listInstances(client: Client): Promise<InstanceView[]> {
  return Promise.all((await runningInstances(client)).map((name) => view(client, name)));
}

async function view(client: Client, instance: string): Promise<InstanceView> {
  try {
    return { instance, state: await stateOf(client, instance) };
  } catch (error) {
    // An entity that cannot answer must not hide the others.
    return { instance, problem: error instanceof Error ? error.message : String(error) };
  }
}

export async function stateOf(client: Client, instance: string, withinMs = queryMs): Promise<InstanceState> {
  const handle = client.workflow.getHandle(entityId(instance));
  try {
    const state = await client.withDeadline(Date.now() + withinMs, () => handle.query(leaseMessages.state));
    return InstanceState.parse(state);
  } catch (error) {
    throw explainQuery(error, instance);
  }
}

function explainQuery(error: unknown, instance: string): unknown {
  if (error instanceof WorkflowNotFoundError) {
    return new DrydockError('not-found', `look at instance ${instance}: no instance has this name`, {
      next: 'drydock status lists the instances',
    });
  }
  const code = grpcErrorIn(error)?.code;
  if (code === grpcCode.deadlineExceeded || code === grpcCode.failedPrecondition) {
    return new DrydockError('unavailable', `look at instance ${instance}: no control worker answers`, {
      cause: error,
      next: 'drydock up starts a control worker on this machine',
    });
  }
  return error;
}

/** Open runs of procedures, oldest first; not entities, nor questions, which end in a moment. */
export async function runningProcedures(client: Client, instance?: string): Promise<RunView[]> {
  const none = [...entities.map(({ type }) => type), ...questions].map((type) => `WorkflowType!='${type}'`);
  const conditions = ["ExecutionStatus='Running'", ...none];
  if (instance !== undefined) conditions.push(`DrydockInstance='${instance}'`);
  const runs: RunView[] = [];
  for await (const found of client.workflow.list({ query: conditions.join(' AND ') })) {
    runs.push({ workflowId: found.workflowId, procedure: found.type, startedAt: found.startTime.toISOString() });
  }
  const inOrder = runs.sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  return instance === undefined ? inOrder : Promise.all(inOrder.map((run) => withWait(client, run)));
}

async function withWait(client: Client, run: RunView): Promise<RunView> {
  const { waitingFor, plan } = (await queryProgress(client, client.workflow.getHandle(run.workflowId))) ?? {};
  return { ...run, waitingFor, plan };
}
