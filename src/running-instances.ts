import type { Client } from '@temporalio/client';
import { entityId } from './contracts/lease.ts';

/** Names of the instances that Temporal knows of, in order; no more than `atMost`. */
export async function runningInstances(client: Client, atMost = Number.POSITIVE_INFINITY): Promise<string[]> {
  const names: string[] = [];
  const query = "WorkflowType='instance' AND ExecutionStatus='Running'";
  for await (const { workflowId } of client.workflow.list({ query })) {
    names.push(workflowId.slice(entityId('').length));
    if (names.length >= atMost) break;
  }
  return names.sort();
}
