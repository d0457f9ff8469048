import { type DecommissionRequest, decommissionContract } from '../contracts/decommission.ts';
import type { Tombstone } from '../contracts/retention.ts';
import { DrydockError } from '../errors.ts';
import { takeSet } from './parts/nested.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';
import { endNights } from './schedule.ts';

/**
 * Removes an instance from its host, after a last set.
 * Before:  the instance's own name was typed as confirmation.
 * After:   nothing of it is left on the host, which is proven; its sets are kept for their time.
 * Failure: before the first removal nothing has changed; after that, starting again removes the rest.
 */
export const decommission = procedure({
  ...decommissionContract,
  steps: async (request, run) => {
    refuseUnconfirmed(request);
    const { instance } = request;
    const lease = await run.takeLease(instance, request.waitMinutes);
    const wanted = request.skipFinalSet === undefined ? 'take' : 'skip';
    if (request.hostLost !== undefined) {
      const stone = tombstone(request, run);
      await endNights(instance, run);
      await run.control.writeTombstone(stone);
      run.record({ status: 'decommissioned' });
      return { instance, setsKeptUntil: stone.keepSetsUntil, removed: [] };
    }
    const host = run.host(lease);
    run.plan(await host.planDecommission({ instance, finalSet: wanted }));
    const finalSet = wanted === 'take' ? await takeSet(run, lease, 'requested') : undefined;

    // From here on we only go forward: only a set can bring removed data back.
    const stone = tombstone(request, run);
    await endNights(instance, run);
    await run.control.writeTombstone(stone);
    const removed = [
      ...(await host.removeContainers({ instance })),
      ...(await host.removeVolumes({ instance })),
      ...(await host.removeDirectory({ instance })),
    ];
    await host.proveRemoved({ instance });
    run.record({ status: 'decommissioned' });
    return { instance, setsKeptUntil: stone.keepSetsUntil, removed, finalSet };
  },
});

/** Dated after the last set: a set younger than the tombstone would mean that the instance lives again. */
function tombstone({ instance, keepSetsDays }: DecommissionRequest, run: Run): Omit<Tombstone, 'format'> {
  return { instance, decommissionedAt: run.instant(), keepSetsUntil: run.instant(keepSetsDays * 86_400_000) };
}

function refuseUnconfirmed({ instance, confirm }: DecommissionRequest): void {
  if (confirm === instance) return;
  throw new DrydockError('not-confirmed', `decommission ${instance}: needs its name as confirmation`, {
    next: `pass confirm: "${instance}"; its data is removed from the host`,
  });
}
