import {
  CancellationScope,
  ChildWorkflowFailure,
  executeChild,
  startChild,
  TerminatedFailure,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { BackupReport } from '../../contracts/backup.ts';
import type { SetId } from '../../contracts/ids.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import type { Claimant, Lease } from '../../contracts/lease.ts';
import type { SetReason } from '../../contracts/manifest.ts';
import type { RetireRequest } from '../../contracts/retire.ts';
import type { RetireReleaseRequest } from '../../contracts/upgrade.ts';
import type { Run } from '../running/run.ts';
import type { Exchange } from './exchange.ts';

/** A backup under the lease of the procedure that asks for it. A cancelled parent waits until it has put things back. */
export async function takeSet(run: Run, lease: Lease, reason: SetReason): Promise<SetId> {
  const workflowId = `${workflowInfo().workflowId}/${reason}-set`;
  const report = await run.step(`back up ${lease.instance} first`, () =>
    executeChild<(input: unknown, nested: Lease) => Promise<BackupReport>>('backup', {
      workflowId,
      args: [{ instance: lease.instance, reason }, lease],
      parentClosePolicy: 'REQUEST_CANCEL',
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      staticSummary: `${reason} set of ${lease.instance}`,
    }).catch(async (error) => {
      // Then nobody lowered its barrier, and it had no lease of its own that the instance could miss.
      if (isTerminated(error))
        await CancellationScope.nonCancellable(() => startSettling(lease.instance, [workflowId]));
      throw error;
    }),
  );
  run.record({ lastSet: report.set, lastSetAt: new Date().toISOString() }, 'always');
  return report.set;
}

/** Lets the old generation be removed when its grace period is over; goes on by itself after this procedure. */
export async function startRetirement(request: RetireRequest, under = workflowInfo().workflowId): Promise<void> {
  await startChild('retireGeneration', {
    workflowId: `${under}/retire-g${request.generation}`,
    args: [request],
    parentClosePolicy: 'ABANDON',
    staticSummary: `generation ${request.generation} of ${request.instance} is kept until ${request.notBefore}`,
  });
}

/** The same after two releases changed places: the one that left, and its generation if it had one of its own. */
export async function startReleaseRetirement(exchange: Exchange): Promise<void> {
  const { instance, from, to, keepUntil: notBefore } = exchange;
  await retireReleaseLater({ instance, colour: from.colour, notBefore }, workflowInfo().workflowId);
  if (from.generation !== to.generation) await startRetirement({ instance, generation: from.generation, notBefore });
}

async function retireReleaseLater(request: RetireReleaseRequest, under: string): Promise<void> {
  const { instance, colour, notBefore } = request;
  await startChild('retireRelease', {
    workflowId: `${under}/retire-${colour}`,
    args: [request],
    parentClosePolicy: 'ABANDON',
    staticSummary: `${colour} of ${instance} is kept until ${notBefore}`,
  });
}

/** What was to be removed after its grace period, and was forgotten. */
export async function resumeRetirements({ instance, retired, previous }: InstanceRecord): Promise<void> {
  const under = `${workflowInfo().workflowId}/${instance}`;
  for (const { generation, keepUntil: notBefore } of retired) {
    await startRetirement({ instance, generation, notBefore }, under);
  }
  if (previous === undefined) return;
  const { colour, keepUntil: notBefore } = previous;
  await retireReleaseLater({ instance, colour, notBefore }, under);
}

/** Puts an instance right after procedures that were terminated; goes on by itself. Answers its claim to the lease. */
export async function startSettling(instance: string, dead: readonly string[]): Promise<Claimant> {
  const { workflowId, firstExecutionRunId: runId } = await startChild('settle', {
    workflowId: `settle-${instance}-${uuid4().slice(0, 8)}`,
    args: [{ instance, dead }],
    parentClosePolicy: 'ABANDON',
    staticSummary: `settle ${instance}: ${dead.join(', ')} ended without giving the lease back`.slice(0, 200),
  });
  return { procedure: 'settle', workflowId, runId, since: new Date().toISOString() };
}

function isTerminated(error: unknown): boolean {
  return error instanceof ChildWorkflowFailure && error.cause instanceof TerminatedFailure;
}
