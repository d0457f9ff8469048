import { identityOf } from '../contracts/ids.ts';
import { restoreContract } from '../contracts/restore.ts';
import { refuseUnconfirmed } from '../model/instance/confirmation.ts';
import { buildGeneration, serveBuiltGeneration } from './parts/generation.ts';
import { startRetirement, takeSet } from './parts/nested.ts';
import { readSources, sourcesOf } from './parts/restore-sources.ts';
import { restoreAs } from './restore-as.ts';
import { procedure } from './running/procedure.ts';

/**
 * Brings an instance back to a recovery set; with `as`, makes a new instance from it (restore-as.ts).
 * Before:  the set is whole and readable here; the instance's own name was typed as confirmation.
 * After:   every store holds what the manifest says, the instance serves, the old generation is kept for a grace period.
 * Failure: the instance serves the generation it served before, which was not touched.
 */
export const restore = procedure({
  ...restoreContract,
  steps: async (request, run) => {
    if ('as' in request) return restoreAs(request, run);
    const { instance, graceHours } = request;
    const tried = `restore over ${instance}: needs its name as confirmation`;
    refuseUnconfirmed(request, tried, 'to replace its data, or as: "NEW-NAME" to leave it alone');
    const lease = await run.takeLease(instance, request.waitMinutes);
    const sources = await readSources(request, lease, run);
    const safetySet = request.skipSafetySet === undefined ? 'take' : 'skip';
    const plan = await run.host(lease).planRestore({ instance, ...sources, safetySet });
    run.plan(plan);

    const comparisons = await buildGeneration(plan, lease, run, { runsOn: true });
    const taken = safetySet === 'take' ? await takeSet(run, lease, 'safety') : undefined;
    const keepUntil = run.instant(graceHours * 3_600_000);
    const { unavailableMs } = await serveBuiltGeneration(plan, lease, run, keepUntil);

    await startRetirement({ ...identityOf(lease), generation: plan.fromGeneration, notBefore: keepUntil }, run);
    const addresses = await run.host(lease).addresses({ instance });
    const kept = { oldGenerationKeptUntil: keepUntil, safetySet: taken };
    return {
      instance,
      ...sourcesOf(plan),
      generation: plan.toGeneration,
      unavailableMs,
      ...kept,
      comparisons,
      addresses,
    };
  },
});
