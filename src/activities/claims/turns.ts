import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import type { HostName } from '../../contracts/ids.ts';
import { type ClaimingRun, hostEntityId, LeaseAnswer, type LeaseToken, turnMessages } from '../../contracts/lease.ts';
import { controlQueue } from '../../contracts/queues.ts';
import { ifThere, unavailable } from './leases.ts';

/** Messages from night jobs to the `host` entities. Each may be sent twice: the entity knows a job by its run. */
export function createTurns(client: () => Client, taskQueue: string = controlQueue) {
  return {
    /** Starts the host's entity if no job works or waits there. */
    async requestTurn(request: ClaimingRun & { host: HostName; procedure: string }): Promise<LeaseAnswer> {
      const { host, ...claim } = request;
      const args: [typeof claim] = [claim];
      const entity = client().workflow.getHandle(hostEntityId(host));
      const answer = await ifThere(() => entity.executeUpdate(turnMessages.request, { args }));
      if (answer !== undefined) return LeaseAnswer.parse(answer);
      const startWorkflowOperation = new WithStartWorkflowOperation('host', {
        workflowId: hostEntityId(host),
        taskQueue,
        workflowIdConflictPolicy: 'USE_EXISTING',
        // A grant from an earlier life of the entity must not look like a newer grant.
        args: [{ host, lastToken: Math.floor(Date.now() / 1000), waiting: [] }],
        staticSummary: `night jobs on ${host}`,
      });
      try {
        const options = { startWorkflowOperation, args };
        return LeaseAnswer.parse(await client().workflow.executeUpdateWithStart(turnMessages.request, options));
      } catch (error) {
        throw unavailable(error);
      }
    },

    /** Succeeds if the host has no entity: then it has no queue. */
    async withdrawTurn({ host, ...run }: ClaimingRun & { host: HostName }): Promise<void> {
      const entity = client().workflow.getHandle(hostEntityId(host));
      await ifThere(() => entity.signal(turnMessages.withdraw, run));
    },

    async releaseTurn({ host, token }: { host: HostName; token: LeaseToken }): Promise<void> {
      const entity = client().workflow.getHandle(hostEntityId(host));
      await ifThere(() => entity.signal(turnMessages.release, { token }));
    },
  };
}
