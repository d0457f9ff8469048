import { sleep } from '@temporalio/workflow';
import { type RetireReport, RetireRequest } from '../contracts/retire.ts';
import { procedure } from './running/procedure.ts';

/** As long as a retirement may wait for other procedures, in minutes: a week, since nothing but disk space is waiting. */
const waitMinutes = 7 * 24 * 60;

/**
 * Removes a generation that no longer serves, when its grace period is over.
 * Before:  another generation serves, and no later procedure keeps this one for longer.
 * After:   the old generation's volumes and files are gone.
 * Failure: it is still there; starting this again removes it.
 */
export async function retireGeneration(input?: unknown): Promise<RetireReport> {
  return procedure('retireGeneration', RetireRequest, input, undefined, async (request, run) => {
    const { instance, generation, notBefore } = request;
    const waitMs = Date.parse(notBefore) - Date.now();
    if (waitMs > 0) await sleep(waitMs, { summary: `generation ${generation} is kept until ${notBefore}` });
    const lease = await run.takeLease(instance, waitMinutes);
    const removed = await run.host(lease).removeGeneration({ instance, generation, keptUntil: notBefore }); // kept: no undo
    return { instance, generation, removed };
  });
}
