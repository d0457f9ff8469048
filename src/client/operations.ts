import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { z } from 'zod';
import type { ClientConfig } from '../config.ts';
import { type ApprovalAnswer, ApprovalMessage } from '../contracts/approval.ts';
import { InstanceName } from '../contracts/ids.ts';
import type { InstanceState } from '../contracts/lease.ts';
import { procedures, type ReportOf, type RequestOf, type StartedType } from '../contracts/procedures.ts';
import { controlQueue } from '../contracts/queues.ts';
import { invalidInput } from '../failures.ts';
import { decide } from './approvals.ts';
import { connectToTemporal, explainCall } from './connection.ts';
import { type InstanceView, listInstances, type RunView, runningProcedures, stateOf } from './instances.ts';
import { type RunHandle, runOf } from './runs.ts';
import { listSchedules, type ScheduleView } from './schedules.ts';
import { freshWorkflowId } from './workflow-ids.ts';

/** Starts procedures for people and services. `about` makes the run's id readable when the request names nothing. */
export type Starts = {
  readonly [Type in StartedType]: (request: RequestOf<Type>, about?: string) => Promise<RunHandle<ReportOf<Type>>>;
};

/**
 * Everything an operator or another service can ask of Drydock. Each function starts a procedure and returns its run;
 * requests are checked here, so that a mistake costs no run. Only Temporal's address is needed.
 */
export interface Operations extends Starts {
  /** Approves the plan of the waiting upgrade of an instance. A refusal fails with the upgrade's words. */
  approve(instance: string, message: z.input<typeof ApprovalMessage>): Promise<ApprovalAnswer>;
  /** Rejects a waiting plan; during the watch, a rejection brings the old release back. */
  reject(instance: string, message: z.input<typeof ApprovalMessage>): Promise<ApprovalAnswer>;

  /** A run that anybody started before. */
  run(workflowId: string): RunHandle<unknown>;
  instances(): Promise<InstanceView[]>;
  /** Fails `not-found` for an unknown instance. */
  instance(name: string): Promise<InstanceState>;
  /** The schedules of one instance or of all, as Temporal lists them; the newest may be missing for a moment. */
  schedules(instance?: string): Promise<ScheduleView[]>;
  /** Running procedures, on one instance or on all. */
  running(instance?: string): Promise<RunView[]>;
  close(): Promise<void>;
}

const instanceAttribute = defineSearchAttributeKey('DrydockInstance', 'KEYWORD');

export async function connect(config: ClientConfig): Promise<Operations> {
  return operationsOver(await connectToTemporal(config), config);
}

export function operationsOver(client: Client, config: ClientConfig): Operations {
  const ask = <Answer>(tried: string, act: () => Promise<Answer>): Promise<Answer> =>
    act().catch((error: unknown) => {
      throw explainCall(error, tried, config);
    });
  const say = (decision: 'approve' | 'reject', instance: string, message: unknown): Promise<ApprovalAnswer> =>
    ask(`${decision} the upgrade of ${instance}`, async () =>
      decide(client, checked(InstanceName, instance), decision, checked(ApprovalMessage, message)),
    );
  return {
    ...startsOver(client, config),
    approve: (instance, message) => say('approve', instance, message),
    reject: (instance, message) => say('reject', instance, message),
    run: (workflowId) => runOf(client, config, client.workflow.getHandle(workflowId)),
    instances: () => ask('list instances', () => listInstances(client)),
    instance: (name) => ask(`look at instance ${name}`, async () => stateOf(client, checked(InstanceName, name))),
    schedules: (instance) =>
      ask('list schedules', async () =>
        listSchedules(client, instance === undefined ? undefined : checked(InstanceName, instance)),
      ),
    running: (instance) =>
      ask('list running procedures', async () =>
        runningProcedures(client, instance === undefined ? undefined : checked(InstanceName, instance)),
      ),
    close: () => client.connection.close(),
  };
}

/** The start function of each procedure, made from its contract. */
function startsOver(client: Client, config: ClientConfig): Starts {
  const started = procedures.filter((contract) => contract.kind !== 'internal');
  const starts = started.map(({ type, request }) => [type, starter(client, config, type, request)] as const);
  return Object.fromEntries(starts) as Starts;
}

function starter(client: Client, config: ClientConfig, type: StartedType, schema: z.ZodType) {
  return async (request: unknown, about?: string): Promise<RunHandle<unknown>> => {
    const input = checked(schema, request);
    const instance = named(input, 'as') ?? named(input, 'instance');
    const subject = instance ?? about ?? named(input, 'set') ?? named(input, 'host') ?? 'all';
    const workflowId = freshWorkflowId(type, subject);
    try {
      const handle = await client.workflow.start(type, {
        taskQueue: controlQueue,
        workflowId,
        args: [input],
        typedSearchAttributes: instance === undefined ? [] : [{ key: instanceAttribute, value: instance }],
        staticSummary: `${type} ${subject}`,
      });
      return runOf(client, config, handle);
    } catch (error) {
      throw explainCall(error, `start ${workflowId}`, config);
    }
  };
}

/** The name in a request's field: a run about an instance carries the instance's name as a search attribute. */
function named(request: unknown, field: 'as' | 'instance' | 'set' | 'host'): string | undefined {
  const name: unknown = typeof request === 'object' && request !== null ? Reflect.get(request, field) : undefined;
  return typeof name === 'string' ? name : undefined;
}

function checked<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(parsed.error);
}
