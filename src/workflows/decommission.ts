import { type DecommissionRequest, decommissionContract } from '../contracts/decommission.ts';
import type { Instant } from '../contracts/ids.ts';
import type { Lease } from '../contracts/lease.ts';
import { refuseUnconfirmed } from '../model/instance/confirmation.ts';
import { takeSet } from './parts/nested.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';

/**
 * Removes an instance from its host, after a last set.
 * Before:  the instance's own name was typed as confirmation.
 * After:   nothing of it is left on the host, which is proven; its sets are kept for their time.
 * Failure: before the first removal nothing has changed; after that, starting again removes the rest.
 */
export const decommission = procedure({
  ...decommissionContract,
  steps: async (request, run) => {
    const { instance, waitMinutes, hostLost } = request;
    refuseUnconfirmed(
      request,
      `decommission ${instance}: needs its name as confirmation`,
      'to remove its data from the host',
    );
    const lease = await run.takeLease(instance, waitMinutes);
    return hostLost === undefined ? remove(request, lease, run) : forget(request, lease, run);
  },
});

async function remove(request: DecommissionRequest, lease: Lease, run: Run) {
  const { instance, skipFinalSet } = request;
  const host = run.host(lease);
  const wanted = skipFinalSet === undefined ? 'take' : 'skip';
  run.plan(await host.planDecommission({ instance, finalSet: wanted }));
  const finalSet = wanted === 'take' ? await takeSet(run, lease, 'requested') : undefined;

  // From here on we only go forward: only a set can bring removed data back.
  const setsKeptUntil = await endLife(request, lease, run);
  const removed = [
    ...(await host.removeContainers({ instance })),
    ...(await host.removeVolumes({ instance })),
    ...(await host.removeDirectory({ instance })),
  ];
  await host.proveRemoved({ instance });
  run.record({ status: 'decommissioned' });
  return { instance, setsKeptUntil, removed, finalSet };
}

/** The host is gone with all that was on it: only its schedules and its name are left. */
async function forget(request: DecommissionRequest, lease: Lease, run: Run) {
  const setsKeptUntil = await endLife(request, lease, run);
  run.record({ status: 'decommissioned' });
  return { instance: request.instance, setsKeptUntil, removed: [] };
}

/**
 * Removes the schedules, so that no further job begins, and says until when the sets stay. Dated after the last set: a
 * set younger than the tombstone would mean that the instance lives again.
 */
async function endLife({ keepSetsDays }: DecommissionRequest, { instance, id }: Lease, run: Run): Promise<Instant> {
  const decommissionedAt = run.instant();
  const keepSetsUntil = run.instant(keepSetsDays * 86_400_000);
  await run.control.removeSchedules({ instance });
  await run.control.writeTombstone({ instance, id, decommissionedAt, keepSetsUntil });
  return keepSetsUntil;
}
