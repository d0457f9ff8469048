import type { InstanceFacts } from '../contracts/lease.ts';
import { settleContract } from '../contracts/settle.ts';
import { procedure } from './running/procedure.ts';

/**
 * Puts an instance right after a procedure that can no longer undo what it began, since its run was terminated.
 * Before:  the dead procedure no longer holds the lease.
 * After:   the instance is what its record says, and nothing a dead run held is held any more.
 * Failure: what was done stays; starting this again does the rest.
 */
export const settle = procedure({
  ...settleContract,
  steps: async ({ instance, dead, waitMinutes }, run) => {
    const lease = await run.takeLease(instance, waitMinutes);
    const settled: { done: string[]; facts?: Partial<InstanceFacts> } = await run
      .host(lease)
      .settleInstance({ instance, dead }); // towards the record: no undo
    run.record(settled.facts ?? {});
    return { instance, done: settled.done };
  },
});
