import { identityOf } from '../contracts/ids.ts';
import { retireReleaseContract } from '../contracts/upgrade.ts';
import { procedure } from './running/procedure.ts';

/** How long a retirement may wait for other procedures, in minutes: a week, since only disk space is at stake. */
const waitMinutes = 7 * 24 * 60;

/**
 * Removes the release before an upgrade, after its grace period.
 * Before:  another release serves.
 * After:   containers and files of the old release are gone; a later release of that colour is not touched.
 * Failure: the release is still there; starting this again removes it.
 */
export const retireRelease = procedure({
  ...retireReleaseContract,
  steps: async (request, run) => {
    const { instance, colour, notBefore } = request;
    const waitMs = Date.parse(notBefore) - run.now().getTime();
    if (waitMs > 0) await run.waitUntil(`${colour} is kept until ${notBefore}`, () => false, waitMs);
    const lease = await run.takeLease(identityOf(request), waitMinutes);
    const removed = await run.host(lease).removeRelease({ instance, colour, keptUntil: notBefore }); // kept: no undo
    return { instance, colour, removed };
  },
});
