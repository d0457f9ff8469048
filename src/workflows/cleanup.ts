import { type CleanupRequest, cleanupContract, type OldNodesPlan, type VectorSpacePlan } from '../contracts/cleanup.ts';
import type { Lease } from '../contracts/lease.ts';
import { reportOldNodes, reportVectorSpace } from '../model/care/cleanup-report.ts';
import { collectionsDue } from '../model/care/plan-cleanup.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';

/**
 * Removes what an instance no longer needs, while it serves: old nodes of the graph, or the space of deleted points.
 * Before:  the blueprint says what may be removed; the store is healthy.
 * After:   it is removed, or the window has ended and the report says what is left for the next run.
 * Failure: deleted data stays deleted, nothing half; the store's settings are as before. Starting again goes on.
 */
export const cleanup = procedure({
  ...cleanupContract,
  steps: async (request, run) => {
    const lease = await run.takeLease(request.instance, minutesToWait(request, run));
    const plan = await run.host(lease).planCleanup({ request });
    run.plan(plan);
    return plan.what === 'proto-kg' ? deleteOldNodes(plan, lease, run) : reclaimSpace(plan, lease, run);
  },
});

async function deleteOldNodes(plan: OldNodesPlan, lease: Lease, run: Run) {
  const host = run.host(lease);
  if (plan.dryRun) return reportOldNodes(plan, plan.counts);
  const deleted = await host.deleteOldNodes({ plan }); // small transactions, committed: no undo
  return reportOldNodes(plan, await host.countOldNodes({ plan }), deleted);
}

async function reclaimSpace(plan: VectorSpacePlan, lease: Lease, run: Run) {
  const host = run.host(lease);
  const { instance } = plan;
  if (plan.dryRun) return reportVectorSpace(plan, plan.collections);
  run.undo.before('put the optimizers back', () => host.restoreVacuum({ instance }));
  for (const { collection } of collectionsDue(plan)) await host.reclaimSpace({ plan, collection });
  await host.restoreVacuum({ instance }); // also after a run that died
  run.undo.clear(); // The settings are as before; reclaimed space stays reclaimed.
  return reportVectorSpace(plan, await host.measureSpace({ plan }));
}

/** Waiting for another procedure beyond the window is of no use. */
function minutesToWait({ waitMinutes, untilAt }: CleanupRequest, run: Run): number {
  if (untilAt === undefined) return waitMinutes;
  return Math.min(waitMinutes, Math.max(0, Math.ceil((Date.parse(untilAt) - run.now().getTime()) / 60_000)));
}
