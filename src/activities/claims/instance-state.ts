import type { Client } from '@temporalio/client';
import type { InstanceId } from '../../contracts/ids.ts';
import { entityId, InstanceState, leaseMessages } from '../../contracts/lease.ts';
import { ifThere } from './leases.ts';

const queryMs = 10_000;

/** What the instance's entity answers. Undefined if Temporal knows none, or it ended a while ago. */
export async function askState(client: Client, instance: string): Promise<InstanceState | undefined> {
  return ifThere(async () =>
    InstanceState.parse(
      await client.withDeadline(Date.now() + queryMs, () =>
        client.workflow.getHandle(entityId(instance)).query(leaseMessages.state),
      ),
    ),
  );
}

/** Id of the instance of this name that Temporal knows, unless it was removed. */
export async function livingId(client: Client, instance: string): Promise<InstanceId | undefined> {
  const state = await askState(client, instance);
  return state === undefined || state.facts.status === 'decommissioned' ? undefined : state.facts.id;
}
