import { settleContract } from '../contracts/settle.ts';
import { procedure } from './running/procedure.ts';

/**
 * Puts an instance right after a procedure whose run was terminated, so that it can no longer undo its work.
 * Before:  the dead procedure no longer holds the lease.
 * After:   the instance is as its record says, and no hold of a dead run is left.
 * Failure: finished work stays; starting this again does the rest.
 */
export const settle = procedure({
  ...settleContract,
  steps: async ({ instance, id, dead, waitMinutes }, run) => {
    const host = run.host(await run.takeLease({ instance, id }, waitMinutes));
    if (!(await host.findInstance({ instance })).made) return { instance, done: [] }; // never made, or removed
    // Every step brings the instance nearer to its record, so none is undone.
    const done = [
      ...(await host.stopStrayJobs({ instance })), // before anything writes again
      ...(await host.liftHolds({ instance, dead })),
      ...(await host.endExchange({ instance })),
      ...(await host.endSwitch({ instance })),
      ...(await host.endDeadDrill({ instance, dead })),
      ...(await host.removeBuilds({ instance })),
      ...(await host.stopStrayWriters({ instance })),
      ...(await host.recoverStores({ instance })),
      ...(await host.startMissing({ instance })),
      ...(await host.restoreVacuum({ instance })),
      ...(await host.settleEdge({ instance })),
      ...(await host.endUpgrade({ instance, dead })),
    ];
    run.record(await host.readFacts({ instance }));
    return { instance, done };
  },
});
