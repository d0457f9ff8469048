import type { InstanceFacts, Lease } from '../contracts/lease.ts';
import { type ProvisionPlan, type ProvisionReport, provisionContract } from '../contracts/provision.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';
import { beginNights } from './schedule.ts';

/**
 * Makes a new instance on a host and proves that it answers.
 * Before:  nothing of that name exists; its ports, memory and disk are free.
 * After:   the instance serves, and `docker compose` works in its directory.
 * Failure: no container, network, volume, directory or name is left.
 */
export const provision = procedure({
  ...provisionContract,
  steps: async (request, run) => {
    const { host } = await run.control.chooseHost({ host: request.host });
    const plan = await run.hostWithoutLease(host).planProvision({ request });
    run.plan(plan);
    const lease = await run.registerInstance(factsOf(plan));
    await layOut(plan, lease, run);
    const addresses = await startEmpty(plan, lease, run);
    await beginNights(factsOf(plan), run);
    run.undo.clear(); // The instance serves.
    run.record({ status: 'serving', addresses });
    return { instance: plan.instance, host: plan.host, blueprint: plan.blueprint.ref, addresses };
  },
});

/** Makes all of a new instance but its containers. A restore into a new instance begins with these steps too. */
export async function layOut(plan: ProvisionPlan, lease: Lease, run: Run): Promise<void> {
  const { instance } = plan;
  const host = run.host(lease);

  run.undo.before('prove that nothing is left', () => host.proveRemoved({ instance }));
  run.undo.before('remove the directory', () => host.removeDirectory({ instance }));
  await host.createDirectory({ plan });
  run.undo.before('remove the volumes', () => host.removeVolumes({ instance }));
  await host.createVolumes({ plan });
  await host.renderFiles({ instance });
  run.undo.before('remove containers and networks', () => host.removeContainers({ instance }));
}

/** Starts the empty stores, prepares them, starts the release and proves that it answers. */
async function startEmpty({ instance }: ProvisionPlan, lease: Lease, run: Run): Promise<ProvisionReport['addresses']> {
  const host = run.host(lease);
  await host.startStores({ instance });
  await host.initStores({ instance });
  await host.startServing({ instance });
  await host.smoke({ instance });
  await host.verifyInstance({ instance });
  return host.addresses({ instance });
}

export function factsOf(plan: ProvisionPlan): InstanceFacts {
  const { instance, id, host, tier, colour, generation } = plan;
  const blueprint = plan.blueprint.ref;
  return {
    instance,
    id,
    host,
    tier,
    status: 'provisioning',
    blueprint,
    colour,
    generation,
    mode: 'open',
    addresses: {},
  };
}
