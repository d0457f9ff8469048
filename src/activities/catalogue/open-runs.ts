import type { Client } from '@temporalio/client';
import { SetId } from '../../contracts/ids.ts';
import { DrydockError } from '../../errors.ts';
import type { OpenRun } from '../../model/catalogue/retention-observation.ts';
import { grpcErrorIn } from '../../service-errors.ts';

/** Runs that name a set, and all restores: a restore into a new instance reads a set long before it names the set. */
const query = "ExecutionStatus='Running' AND (DrydockSet IS NOT NULL OR WorkflowType='restore')";

/** Open runs on sets, of every instance: a set may be restored into another instance. Lists all runs, or fails. */
export async function openRunsOnSets(client: Client): Promise<OpenRun[]> {
  const runs: OpenRun[] = [];
  try {
    for await (const { type, workflowId, startTime, searchAttributes } of client.workflow.list({ query })) {
      // A run that asked for a set in words shows those words until it knows the set's id.
      const set = SetId.safeParse(searchAttributes['DrydockSet']?.[0]);
      const facts = { procedure: type, workflowId, startedAt: startTime.toISOString() };
      if (set.success) runs.push({ ...facts, set: set.data });
      else if (type === 'restore') runs.push(facts);
    }
  } catch (error) {
    const answer = grpcErrorIn(error);
    if (answer === undefined) throw error;
    const seen = `Temporal did not list the runs: ${answer.details}`;
    throw new DrydockError('unavailable', `ask which runs use recovery sets: ${seen}`, { cause: error });
  }
  return runs;
}
