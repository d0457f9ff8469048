import { identityOf } from '../contracts/ids.ts';
import { retireGenerationContract } from '../contracts/retire.ts';
import { procedure } from './running/procedure.ts';

/** How long a retirement may wait for other procedures, in minutes: a week, since only disk space is at stake. */
const waitMinutes = 7 * 24 * 60;

/**
 * Removes a generation that no longer serves, after its grace period.
 * Before:  another generation serves, and no later procedure keeps this one for longer.
 * After:   the old generation's volumes and files are gone.
 * Failure: the generation is still there; starting this again removes it.
 */
export const retireGeneration = procedure({
  ...retireGenerationContract,
  steps: async (request, run) => {
    const { instance, generation, notBefore } = request;
    const waitMs = Date.parse(notBefore) - run.now().getTime();
    if (waitMs > 0) await run.waitUntil(`generation ${generation} is kept until ${notBefore}`, () => false, waitMs);
    const lease = await run.takeLease(identityOf(request), waitMinutes);
    const removed = await run.host(lease).removeGeneration({ instance, generation, keptUntil: notBefore }); // kept: no undo
    return { instance, generation, removed };
  },
});
