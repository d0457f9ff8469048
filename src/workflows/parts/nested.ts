import { ChildWorkflowFailure, TerminatedFailure } from '@temporalio/common';
import { type Identity, identityOf, type SetId } from '../../contracts/ids.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import type { Claimant, Lease } from '../../contracts/lease.ts';
import type { SetReason } from '../../contracts/manifest.ts';
import type { RetireRequest } from '../../contracts/retire.ts';
import type { RetireReleaseRequest } from '../../contracts/upgrade.ts';
import type { Platform } from '../running/platform.ts';
import type { Run } from '../running/run.ts';
import type { ReleaseExchange } from './exchange.ts';

/** A backup under the lease of the procedure that asks for it. A cancelled parent waits for the backup's undos. */
export async function takeSet(run: Run, lease: Lease, reason: SetReason): Promise<SetId> {
  const { instance } = lease;
  const workflowId = `${run.id.workflowId}/${reason}-set`;
  const call = { workflowId, args: [{ instance, reason }, lease], summary: `${reason} set of ${instance}` };
  const report = await run.child(`back up ${instance} first`, 'backup', call).catch(async (error) => {
    // Nobody lowered the dead backup's barrier, and it had no lease whose loss the instance would notice.
    if (isTerminated(error)) await run.shielded(() => startSettling(run, lease, [workflowId]));
    throw error;
  });
  run.record({ lastSet: report.set, lastSetAt: run.instant() }, 'always');
  return report.set;
}

/** Schedules the removal of the old generation after its grace period; the removal outlives this procedure. */
export async function startRetirement(request: RetireRequest, run: Run, under = run.id.workflowId): Promise<void> {
  const { instance, generation, notBefore } = request;
  await run.later('retireGeneration', {
    workflowId: `${under}/retire-g${generation}`,
    args: [request],
    summary: `generation ${generation} of ${instance} is kept until ${notBefore}`,
  });
}

/** Schedules the removal of the release that left, and of its generation if it had one of its own. */
export async function startReleaseRetirement(exchange: ReleaseExchange, of: Identity, run: Run): Promise<void> {
  const { from, to, keepUntil: notBefore } = exchange;
  await retireReleaseLater({ ...of, colour: from.colour, notBefore }, run, run.id.workflowId);
  if (from.generation === to.generation) return;
  await startRetirement({ ...of, generation: from.generation, notBefore }, run);
}

async function retireReleaseLater(request: RetireReleaseRequest, run: Run, under: string): Promise<void> {
  const { instance, colour, notBefore } = request;
  await run.later('retireRelease', {
    workflowId: `${under}/retire-${colour}`,
    args: [request],
    summary: `${colour} of ${instance} is kept until ${notBefore}`,
  });
}

/** Schedules again the removals that were due after a grace period and got lost. */
export async function resumeRetirements(record: InstanceRecord, run: Run): Promise<void> {
  const { instance, retired, previous } = record;
  const of = identityOf(record);
  const under = `${run.id.workflowId}/${instance}`;
  for (const { generation, keepUntil: notBefore } of retired) {
    await startRetirement({ ...of, generation, notBefore }, run, under);
  }
  if (previous === undefined) return;
  const { colour, keepUntil: notBefore } = previous;
  await retireReleaseLater({ ...of, colour, notBefore }, run, under);
}

/** Puts an instance right after terminated procedures; outlives this one. Returns the settling's claim to the lease. */
export async function startSettling(
  by: Pick<Platform, 'later' | 'uuid' | 'now'>,
  of: Identity,
  dead: readonly string[],
): Promise<Claimant> {
  const { instance } = of;
  const begun = await by.later('settle', {
    workflowId: `settle-${instance}-${by.uuid().slice(0, 8)}`,
    args: [{ ...identityOf(of), dead }],
    summary: `settle ${instance}: ${dead.join(', ')} ended without giving the lease back`.slice(0, 200),
  });
  return { procedure: 'settle', ...begun, since: by.now().toISOString() };
}

function isTerminated(error: unknown): boolean {
  return error instanceof ChildWorkflowFailure && error.cause instanceof TerminatedFailure;
}
