import {
  type Client,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApprovalAnswer, type ApprovalMessage, type approvalMessages } from '../contracts/approval.ts';
import { DrydockError } from '../errors.ts';
import { explainFailure } from './runs.ts';

type Decision = keyof typeof approvalMessages;

/** How long an upgrade may take to answer; without a control worker no answer comes. */
const answerMs = 20_000;

/**
 * Approves or rejects the upgrade of an instance. Of several open upgrades, only the one with that plan accepts. A
 * refusal fails with the upgrade's words.
 */
export async function decide(
  client: Client,
  instance: string,
  decision: Decision,
  message: ApprovalMessage,
): Promise<ApprovalAnswer> {
  const tried = `${decision} the upgrade of ${instance}`;
  const refusals: { workflowId: string; error: DrydockError }[] = [];
  for (const workflowId of await openUpgrades(client, instance)) {
    try {
      return await say(client, workflowId, decision, message);
    } catch (error) {
      if (!(error instanceof DrydockError) || error.code === 'unavailable') throw error;
      refusals.push({ workflowId, error });
    }
  }
  const [first] = refusals;
  if (first === undefined) {
    throw new DrydockError('not-found', `${tried}: no upgrade runs there`, {
      next: `drydock status ${instance} shows what runs; drydock upgrade ${instance} --to starts one`,
    });
  }
  if (refusals.length === 1) throw first.error;
  throw new DrydockError('refused', `${tried}: ${refusals.length} upgrades run, and none takes the decision`, {
    problems: refusals.map(({ workflowId, error }) => `${workflowId}: ${error.message}`),
    next: `drydock status ${instance} shows which plan waits`,
  });
}

async function openUpgrades(client: Client, instance: string): Promise<string[]> {
  const query = `WorkflowType='upgrade' AND DrydockInstance='${instance}' AND ExecutionStatus='Running'`;
  return (await Array.fromAsync(client.workflow.list({ query }), ({ workflowId }) => workflowId)).sort();
}

async function say(
  client: Client,
  workflowId: string,
  decision: Decision,
  message: ApprovalMessage,
): Promise<ApprovalAnswer> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const answer = await client.withDeadline(Date.now() + answerMs, () =>
      handle.executeUpdate<ApprovalAnswer, [ApprovalMessage]>(decision, { args: [message] }),
    );
    return ApprovalAnswer.parse(answer);
  } catch (error) {
    throw explainRefusal(error, `${decision} ${workflowId}`);
  }
}

function explainRefusal(error: unknown, tried: string): unknown {
  if (error instanceof WorkflowUpdateFailedError && error.cause !== undefined) return explainFailure(error.cause);
  if (error instanceof WorkflowNotFoundError) {
    return new DrydockError('not-found', `${tried}: the upgrade has ended`, { cause: error });
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return new DrydockError('unavailable', `${tried}: no control worker answers`, {
      cause: error,
      next: 'drydock up starts a control worker on this machine; then decide again: a decision counts once',
    });
  }
  return error;
}
