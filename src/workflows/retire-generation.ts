import { retireGenerationContract } from '../contracts/retire.ts';
import { procedure } from './running/procedure.ts';

/** As long as a retirement may wait for other procedures, in minutes: a week, since nothing but disk space is waiting. */
const waitMinutes = 7 * 24 * 60;

/**
 * Removes a generation that no longer serves, when its grace period is over.
 * Before:  another generation serves, and no later procedure keeps this one for longer.
 * After:   the old generation's volumes and files are gone.
 * Failure: it is still there; starting this again removes it.
 */
export const retireGeneration = procedure({
  ...retireGenerationContract,
  steps: async (request, run) => {
    const { instance, generation, notBefore } = request;
    const waitMs = Date.parse(notBefore) - run.now().getTime();
    if (waitMs > 0) await run.waitUntil(`generation ${generation} is kept until ${notBefore}`, () => false, waitMs);
    const lease = await run.takeLease(instance, waitMinutes);
    const removed = await run.host(lease).removeGeneration({ instance, generation, keptUntil: notBefore }); // kept: no undo
    return { instance, generation, removed };
  },
});
