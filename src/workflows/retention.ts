import { type Identity, identityOf } from '../contracts/ids.ts';
import {
  type Removal,
  type RetentionBasis,
  type RetentionPlan,
  type RetentionReport,
  type RetentionRequest,
  retentionContract,
} from '../contracts/retention.ts';
import { goneBasis } from '../model/catalogue/plan-retention.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';

/**
 * Deletes the recovery sets that no rule keeps, and the remains of unfinished backups in the bucket.
 * Before:  the instance lives and no other procedure holds it; or it was decommissioned.
 * After:   every set to be kept is whole; every other is gone, or the report says what kept it.
 * Failure: each set is either whole, or no longer a set; starting again removes the rest.
 */
export const retention = procedure({
  ...retentionContract,
  steps: async (request, run) => {
    const of = identityOf(await run.control.identify(request));
    const { lives, tombstone } = await run.control.readTombstone({ of });
    const basis = lives ? await askHost(of, request, run) : goneBasis();
    const plan = await run.control.planRetention({ of, basis, tombstone });
    run.plan(plan);
    if (request.dryRun)
      return { instance: of.instance, outcome: 'planned' as const, plan, removals: [], removedBytes: 0 };

    // A deleted set cannot be brought back: from here on we only go forward.
    const removals: Removal[] = [];
    for (const { set, reasons } of going(plan.sets)) {
      removals.push(await run.control.removeSet({ of, set, reasons }));
    }
    for (const orphan of going(plan.orphans)) removals.push(await run.control.removeOrphan({ of, orphan }));
    await run.control.proveRetention({ plan, removals });
    return reportOf(plan, removals);
  },
});

async function askHost(of: Identity, { waitMinutes }: RetentionRequest, run: Run): Promise<RetentionBasis> {
  const { instance } = of;
  const lease = await run.takeLease(of, waitMinutes);
  return run.host(lease).readRetentionRules({ instance });
}

/** Oldest first, so that a stopped run has removed what was due longest. */
function going<Decision extends { verdict: 'keep' | 'delete' }>(decisions: readonly Decision[]): Decision[] {
  return decisions.filter(({ verdict }) => verdict === 'delete').reverse();
}

function reportOf(plan: RetentionPlan, removals: Removal[]): Omit<RetentionReport, 'procedure' | 'steps'> {
  const outcome = removals.every(({ outcome: became }) => became === 'removed') ? 'done' : 'partial';
  const removedBytes = removals.reduce((sum, removal) => sum + removal.removedBytes, 0);
  return { instance: plan.instance, outcome, plan, removals, removedBytes };
}
