import { ProvisionRequest } from '../contracts/provision.ts';
import type { RestoreAsRequest, RestoreReport } from '../contracts/restore.ts';
import { buildGeneration, serveFirstGeneration } from './parts/generation.ts';
import { lineageOf, readSources, sourcesOf } from './parts/restore-sources.ts';
import { factsOf, layOut } from './provision.ts';
import type { Run } from './running/run.ts';
import { beginNights } from './schedule.ts';

/**
 * Makes a new instance from a set: lays it out like every new one, and gives it the set's generation like every restore.
 * Before:  no instance of that name exists on the host. The set's own instance is not touched and may be gone.
 * After:   the new instance serves what the manifest says, with secrets of its own. It never answered without the data.
 * Failure: nothing of the new instance is left.
 */
export async function restoreAs(
  request: RestoreAsRequest,
  run: Run,
): Promise<Omit<RestoreReport, 'procedure' | 'steps'>> {
  const { as: instance, variables, storePorts, tier } = request;
  const sources = await readSources(request, undefined, run);
  const { manifest } = sources;
  const { host } = await run.control.chooseHost({ host: request.host });
  const wanted = ProvisionRequest.parse({
    instance,
    blueprint: manifest.blueprint.ref,
    host,
    variables,
    storePorts,
    tier,
  });
  const provisioning = await run
    .hostWithoutLease(host)
    .planProvision({ request: wanted, lineage: lineageOf(manifest) });
  const lease = await run.registerInstance(factsOf(provisioning));
  await layOut(provisioning, lease, run);
  const addresses = await run.host(lease).addresses({ instance });

  const plan = await run.host(lease).planRestore({ instance, ...sources, safetySet: 'skip' });
  run.plan(plan);
  const beforeStart = () => run.host(lease).inheritEnvironment({ plan, given: Object.keys(variables) });
  const comparisons = await buildGeneration(plan, lease, run, { runsOn: true, beforeStart }); // stores take passwords at start
  await beginNights(factsOf(provisioning), run);
  await serveFirstGeneration(plan, lease, run);
  run.record({ status: 'serving', addresses }, 'always');

  await run.host(lease).removeGeneration({ instance, generation: plan.fromGeneration }); // empty: no undo
  return { instance, ...sourcesOf(plan), generation: plan.toGeneration, unavailableMs: 0, comparisons, addresses };
}
