import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { InstanceId, InstanceName } from '../../contracts/ids.ts';
import {
  type ClaimingRun,
  entityId,
  type InstanceFacts,
  LeaseAnswer,
  type LeaseToken,
  leaseMessages,
} from '../../contracts/lease.ts';
import { controlQueue } from '../../contracts/queues.ts';
import { DrydockError, type ErrorCode, errorCodes } from '../../errors.ts';
import { runningInstances } from '../../running-instances.ts';
import { grpcErrorIn } from '../../service-errors.ts';

/** Memo of an adopted entity: the run that started the entity. */
const adoptedBy = 'adoptedBy';

/**
 * Messages from procedures to the `instance` entities. Each may be sent twice: the entity knows a claimant by its run.
 * Update ids are always fresh, since an id that was used in a closed run returns that run's old outcome.
 */
export function createLeases(client: () => Client, taskQueue: string = controlQueue) {
  return {
    async requestLease(
      request: ClaimingRun & { instance: InstanceName; id?: InstanceId | undefined; procedure: string },
    ): Promise<LeaseAnswer> {
      const { instance, ...claim } = request;
      const entity = client().workflow.getHandle(entityId(instance));
      return ask(client(), instance, () => entity.executeUpdate(leaseMessages.request, { args: [claim] }));
    },

    /** Starts the entity if there is none, and asks the entity for the lease of the run that makes the instance. */
    async registerInstance(request: ClaimingRun & { facts: InstanceFacts; procedure: string }): Promise<LeaseAnswer> {
      const { instance, host } = request.facts;
      return ask(client(), instance, () => {
        const startWorkflowOperation = new WithStartWorkflowOperation('instance', {
          workflowId: entityId(instance),
          taskQueue,
          workflowIdConflictPolicy: 'USE_EXISTING',
          // Tokens keep growing when a name is used again: hosts remember the highest token they have seen.
          args: [{ facts: request.facts, lastToken: Math.floor(Date.now() / 1000), waiting: [] }],
          staticSummary: `instance ${instance} on ${host}`,
        });
        return client().workflow.executeUpdateWithStart(leaseMessages.request, {
          startWorkflowOperation,
          args: [request],
        });
      });
    },

    /**
     * Starts the entity of an instance that exists without one. False if somebody else has started an entity; true
     * again when the step is repeated.
     */
    async adoptInstance(step: { facts: InstanceFacts; lastToken: number; by: string }): Promise<{ adopted: boolean }> {
      const { facts, lastToken, by } = step;
      const workflowId = entityId(facts.instance);
      try {
        await client().workflow.start('instance', {
          workflowId,
          taskQueue,
          args: [{ facts, lastToken, waiting: [] }],
          memo: { [adoptedBy]: by },
          staticSummary: `instance ${facts.instance} on ${facts.host}`,
        });
        return { adopted: true };
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw unavailable(error);
        const { memo } = await client().workflow.getHandle(workflowId).describe();
        return { adopted: memo?.[adoptedBy] === by };
      }
    },

    /** Succeeds if the instance no longer exists. */
    async withdrawRequest({ instance, ...run }: ClaimingRun & { instance: InstanceName }): Promise<void> {
      const entity = client().workflow.getHandle(entityId(instance));
      await ifThere(() => entity.signal(leaseMessages.withdraw, run));
    },

    async releaseLease(request: {
      instance: InstanceName;
      token: LeaseToken;
      facts: Partial<InstanceFacts>;
    }): Promise<void> {
      const { instance, token, facts } = request;
      const entity = client().workflow.getHandle(entityId(instance));
      await ifThere(() => entity.signal(leaseMessages.release, { token, facts }));
    },

    /** Counts a run that Temporal no longer knows as closed. */
    async describeClaimant({ workflowId, runId }: ClaimingRun): Promise<{ state: 'open' | 'closed' }> {
      const description = await ifThere(() => client().workflow.getHandle(workflowId, runId).describe());
      return { state: description === undefined || description.closeTime !== undefined ? 'closed' : 'open' };
    },
  };
}

async function ask(client: Client, instance: InstanceName, update: () => Promise<unknown>): Promise<LeaseAnswer> {
  try {
    return LeaseAnswer.parse(await update());
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) throw refusal(error, instance);
    if (!(error instanceof WorkflowNotFoundError)) throw unavailable(error);
    const names = await knownInstances(client);
    throw new DrydockError('not-found', `no instance ${instance}`, {
      cause: error,
      next: names,
    });
  }
}

/** An entity refuses with one of our codes; with any other error the entity ended while it was asked. */
function refusal(error: WorkflowUpdateFailedError, instance: InstanceName): DrydockError {
  const { cause } = error;
  if (cause instanceof ApplicationFailure && cause.type && Object.hasOwn(errorCodes, cause.type)) {
    return new DrydockError(cause.type as ErrorCode, cause.message, { cause: error });
  }
  return new DrydockError('unavailable', `ask instance ${instance} for its lease: the instance has just ended`, {
    cause: error,
  });
}

/** Undefined if Temporal no longer knows the run. */
export async function ifThere<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw unavailable(error);
  }
}

/** A failed connection to Temporal becomes `unavailable`, which is tried again. */
export function unavailable(error: unknown): unknown {
  const answer = grpcErrorIn(error);
  if (answer === undefined) return error;
  return new DrydockError('unavailable', `Temporal did not answer: ${answer.details}`, { cause: error });
}

/** Known instances, to help with a mistyped name. A failed list is ignored: the error is right without the help. */
async function knownInstances(client: Client): Promise<string | undefined> {
  try {
    const names = await runningInstances(client, 50);
    return names.length === 0 ? 'there are no instances yet' : `known instances: ${names.join(', ')}`;
  } catch {
    return undefined;
  }
}
