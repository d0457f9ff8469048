import type { Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { z } from 'zod';
import type { ClientConfig } from '../config.ts';
import { type AdoptReport, AdoptRequest } from '../contracts/adopt.ts';
import { type ApprovalAnswer, ApprovalMessage } from '../contracts/approval.ts';
import { type BackupReport, BackupRequest } from '../contracts/backup.ts';
import {
  BlueprintPush,
  type BlueprintReport,
  type BlueprintsReport,
  BlueprintsRequest,
} from '../contracts/blueprint.ts';
import { type CleanupReport, CleanupRequest } from '../contracts/cleanup.ts';
import { type DecommissionReport, DecommissionRequest } from '../contracts/decommission.ts';
import { type DrillReport, DrillRequest } from '../contracts/drill.ts';
import { type ReadOnlyReport, ReadOnlyRequest } from '../contracts/edge-mode.ts';
import { InstanceName } from '../contracts/ids.ts';
import type { InstanceState } from '../contracts/lease.ts';
import { type HoldReport, HoldRequest, type ScheduleReport, ScheduleRequest } from '../contracts/night.ts';
import { type ObjectivesReport, ObjectivesRequest } from '../contracts/objectives.ts';
import { type ProvisionReport, ProvisionRequest } from '../contracts/provision.ts';
import { controlQueue, type WorkflowType } from '../contracts/queues.ts';
import { type MonthReport, ReportRequest } from '../contracts/report.ts';
import { type RestoreReport, RestoreRequest } from '../contracts/restore.ts';
import { type RetentionReport, RetentionRequest } from '../contracts/retention.ts';
import { type SetReport, SetRequest, type SetsReport, SetsRequest } from '../contracts/sets.ts';
import { type TierReport, TierRequest } from '../contracts/tier.ts';
import { type RollbackReport, RollbackRequest, type UpgradeReport, UpgradeRequest } from '../contracts/upgrade.ts';
import { type VerifyReport, VerifyRequest } from '../contracts/verify.ts';
import { invalidInput } from '../failures.ts';
import { decide } from './approvals.ts';
import { connectToTemporal, explainCall } from './connection.ts';
import { type InstanceView, listInstances, type RunView, runningProcedures, stateOf } from './instances.ts';
import { type Run, runOf } from './runs.ts';
import { listSchedules, type ScheduleView } from './schedules.ts';
import { freshWorkflowId } from './workflow-ids.ts';

/**
 * Everything an operator or another service can ask of Drydock. Each function starts a procedure and returns its run;
 * requests are checked here, so that a mistake costs no run. Nothing but the address of Temporal is needed.
 */
export interface Operations {
  provision(request: z.input<typeof ProvisionRequest>): Promise<Run<ProvisionReport>>;
  backup(request: z.input<typeof BackupRequest>): Promise<Run<BackupReport>>;
  restore(request: z.input<typeof RestoreRequest>): Promise<Run<RestoreReport>>;
  upgrade(request: z.input<typeof UpgradeRequest>): Promise<Run<UpgradeReport>>;
  /** Says yes to the plan of the upgrade that waits on an instance. Fails with the upgrade's words when it refuses. */
  approve(instance: string, message: z.input<typeof ApprovalMessage>): Promise<ApprovalAnswer>;
  /** Says no to a plan that waits; during the watch it sends the instance back. */
  reject(instance: string, message: z.input<typeof ApprovalMessage>): Promise<ApprovalAnswer>;
  /** Goes back to the release before the last upgrade, while that one is kept. */
  rollback(request: z.input<typeof RollbackRequest>): Promise<Run<RollbackReport>>;
  verify(request: z.input<typeof VerifyRequest>): Promise<Run<VerifyReport>>;
  /** Brings a set up in a throw-away place, proves that it works, and removes everything again. */
  drill(request: z.input<typeof DrillRequest>): Promise<Run<DrillReport>>;
  readOnly(request: z.input<typeof ReadOnlyRequest>): Promise<Run<ReadOnlyReport>>;
  /** Changes what was sold to the client; schedules follow at once. */
  changeTier(request: z.input<typeof TierRequest>): Promise<Run<TierReport>>;
  /** Deletes old nodes, or frees the space of deleted points. */
  cleanup(request: z.input<typeof CleanupRequest>): Promise<Run<CleanupReport>>;
  decommission(request: z.input<typeof DecommissionRequest>): Promise<Run<DecommissionReport>>;
  /** Deletes the sets that no rule keeps; with `dryRun` it only says which, and why. */
  retention(request: z.input<typeof RetentionRequest>): Promise<Run<RetentionReport>>;
  /** Holds the night jobs of an instance, or lets them go on. */
  hold(request: z.input<typeof HoldRequest>): Promise<Run<HoldReport>>;
  /** Makes the schedules what they shall be, of one instance or of all; or says what would change. */
  schedule(request: z.input<typeof ScheduleRequest> & object): Promise<Run<ScheduleReport>>;
  /** Makes the instances of a host known again after Temporal lost its data. */
  adopt(request: z.input<typeof AdoptRequest> & object): Promise<Run<AdoptReport>>;
  /** Stores a blueprint, given as its files by relative path in base64. `name` only makes the id readable. */
  pushBlueprint(name: string, push: z.input<typeof BlueprintPush>): Promise<Run<BlueprintReport>>;
  blueprints(): Promise<Run<BlueprintsReport>>;
  sets(request: z.input<typeof SetsRequest>): Promise<Run<SetsReport>>;
  set(request: z.input<typeof SetRequest>): Promise<Run<SetReport>>;
  /** What was promised for an instance against what is proven. */
  objectives(request: z.input<typeof ObjectivesRequest>): Promise<Run<ObjectivesReport>>;
  /** What is proven of one month of an instance, which may be gone. */
  report(request: z.input<typeof ReportRequest>): Promise<Run<MonthReport>>;

  /** A run that was started before, by anybody. */
  run(workflowId: string): Run<unknown>;
  instances(): Promise<InstanceView[]>;
  /** Fails `not-found` when there is no such instance. */
  instance(name: string): Promise<InstanceState>;
  /** The schedules of one instance or of all, as Temporal lists them; the newest may be missing for a moment. */
  schedules(instance?: string): Promise<ScheduleView[]>;
  /** Procedures that run now, on one instance or on all. */
  running(instance?: string): Promise<RunView[]>;
  close(): Promise<void>;
}

const instanceAttribute = defineSearchAttributeKey('DrydockInstance', 'KEYWORD');

export async function connect(config: ClientConfig): Promise<Operations> {
  return operationsOver(await connectToTemporal(config), config);
}

export function operationsOver(client: Client, config: ClientConfig): Operations {
  const start = starter(client, config);
  const ask = <Answer>(tried: string, act: () => Promise<Answer>): Promise<Answer> =>
    act().catch((error: unknown) => {
      throw explainCall(error, tried, config);
    });
  const say = (decision: 'approve' | 'reject', instance: string, message: unknown): Promise<ApprovalAnswer> =>
    ask(`${decision} the upgrade of ${instance}`, async () =>
      decide(client, checked(InstanceName, instance), decision, checked(ApprovalMessage, message)),
    );
  return {
    provision: (request) => start('provision', ProvisionRequest, request, request.instance),
    backup: (request) => start('backup', BackupRequest, request, request.instance),
    restore: (request) => start('restore', RestoreRequest, request, request.as ?? request.instance),
    upgrade: (request) => start('upgrade', UpgradeRequest, request, request.instance),
    approve: (instance, message) => say('approve', instance, message),
    reject: (instance, message) => say('reject', instance, message),
    rollback: (request) => start('rollback', RollbackRequest, request, request.instance),
    verify: (request) => start('verify', VerifyRequest, request, request.instance, request.set),
    drill: (request) => start('drill', DrillRequest, request, request.instance),
    readOnly: (request) => start('readOnly', ReadOnlyRequest, request, request.instance),
    changeTier: (request) => start('changeTier', TierRequest, request, request.instance),
    cleanup: (request) => start('cleanup', CleanupRequest, request, request.instance),
    decommission: (request) => start('decommission', DecommissionRequest, request, request.instance),
    retention: (request) => start('retention', RetentionRequest, request, request.instance),
    hold: (request) => start('hold', HoldRequest, request, request.instance),
    schedule: (request) => start('schedule', ScheduleRequest, request, request.instance, request.instance ?? 'all'),
    adopt: (request) => start('adopt', AdoptRequest, request, undefined, request.host ?? 'all'),
    pushBlueprint: (name, push) => start('blueprint', BlueprintPush, push, undefined, name),
    blueprints: () => start('blueprints', BlueprintsRequest, {}, undefined, 'all'),
    sets: (request) => start('sets', SetsRequest, request, request.instance),
    set: (request) => start('set', SetRequest, request, undefined, request.set),
    objectives: (request) => start('objectives', ObjectivesRequest, request, request.instance),
    report: (request) => start('report', ReportRequest, request, request.instance),
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

/** `subject` names what a run is about when that is no instance; runs about one carry its name as a search attribute. */
function starter(client: Client, config: ClientConfig) {
  return async <Report>(
    type: WorkflowType,
    schema: z.ZodType,
    request: unknown,
    instance: string | undefined,
    subject: string | undefined = instance,
  ): Promise<Run<Report>> => {
    const input = checked(schema, request);
    const workflowId = freshWorkflowId(type, instance ?? subject ?? '');
    try {
      const handle = await client.workflow.start(type, {
        taskQueue: controlQueue,
        workflowId,
        args: [input],
        typedSearchAttributes: instance === undefined ? [] : [{ key: instanceAttribute, value: instance }],
        staticSummary: `${type} ${instance ?? subject}`,
      });
      return runOf<Report>(client, config, handle);
    } catch (error) {
      throw explainCall(error, `start ${workflowId}`, config);
    }
  };
}

function checked<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(parsed.error);
}
