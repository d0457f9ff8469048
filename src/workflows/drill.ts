import { type DrillPlan, drillContract } from '../contracts/drill.ts';
import { identityOf } from '../contracts/ids.ts';
import type { Lease } from '../contracts/lease.ts';
import type { VerifyCheck } from '../contracts/verify.ts';
import { refuseCapture } from '../model/sets/whole-sets.ts';
import { DrillFindings } from './parts/drill-findings.ts';
import { buildGeneration } from './parts/generation.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';

/**
 * Brings a set up in a throw-away place, release and all, proves that it works, and removes everything again.
 * Before:  the set is whole and readable here; the host has room beside the serving instance, which is not touched.
 * After:   the set's evidence says that it comes up, and how fast; nothing of the drill is left, which is proven.
 * Failure: nothing of the drill is left, and the set's evidence says what failed.
 */
export const drill = procedure({
  ...drillContract,
  steps: async ({ instance, set: wanted, waitMinutes }, run) => {
    const lease = await run.takeLease(instance, waitMinutes);
    const host = run.host(lease);
    const manifest = await run.control.readManifest({ of: identityOf(lease), set: wanted });
    refuseCapture(manifest, `drill ${instance}`);
    const findings = new DrillFindings(manifest, lease.host, run);

    run.undo.before('note what was found', () => findings.note());
    const plan = await findings.ofPlan(() => host.planDrill({ instance, manifest }));
    run.plan(plan);

    run.undo.before('prove that nothing is left', () => host.proveDrillRemoved({ plan }));
    run.undo.before('remove the drill', () => host.removeDrill({ plan }));
    await host.beginDrill({ plan });
    const brought = await findings.ofDrill(() => bringUp(plan, lease, run));
    await host.removeDrill({ plan });
    const removed = await host.proveDrillRemoved({ plan });
    const evidence = await findings.noted();

    const { set } = plan;
    return { instance, host: lease.host, set, sizeBytes: findings.sizeBytes, ...brought, removed, evidence };
  },
});

/** Builds the generation like a restore, then starts the release; the time until that answers is the recovery time. */
async function bringUp(plan: DrillPlan, lease: Lease, run: Run) {
  const host = run.host(lease);
  const began = run.now().getTime();
  let checks: VerifyCheck[] = [];
  let recoveryMs = 0;
  const comparisons = await buildGeneration(plan, lease, run, {
    runsOn: true,
    whenFetched: () => host.prepareDrill({ plan }),
    whileItRuns: async () => {
      await host.startDrilledRelease({ plan });
      checks = await host.verifyDrill({ plan });
      recoveryMs = run.now().getTime() - began;
    },
  });
  return { comparisons, checks, recoveryMs };
}
