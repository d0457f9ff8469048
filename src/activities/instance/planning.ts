import { ulid } from 'ulid';
import type { DecommissionPlan } from '../../contracts/decommission.ts';
import { InstanceId } from '../../contracts/ids.ts';
import type { Lineage } from '../../contracts/instance-record.ts';
import type { ProvisionPlan, ProvisionRequest } from '../../contracts/provision.ts';
import { memoryBudget } from '../../model/instance/budget.ts';
import { instanceLabels } from '../../model/instance/labels.ts';
import { projectName } from '../../model/instance/names.ts';
import { planDecommission } from '../../model/instance/plan-decommission.ts';
import { chooseVariables, planProvision } from '../../model/instance/plan-provision.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { withHash } from '../attempt/hash.ts';
import { healthOfStores } from '../sets/store-observation.ts';
import type { HostDrivers } from './host-drivers.ts';
import { modelOfFiles, observeHost } from './host-observation.ts';
import { fetchBlueprint, openInstance } from './instances.ts';

/** Steps that observe the host, ask the model for the plan, and return it for the record. They change nothing. */
export function createPlanningActivities(drivers: HostDrivers) {
  const { directories, containers, objects } = drivers;

  return {
    /** Makes the id of the new instance. A plan that is made again has another id; only one of the two is ever used. */
    async planProvision(step: { request: ProvisionRequest; lineage?: Lineage }): Promise<ProvisionPlan> {
      const { request, lineage } = step;
      const { stored, files, blueprint } = await fetchBlueprint(objects, request.blueprint);
      const template = files['.env.template'] ?? '';
      const observed = await observeHost(drivers, request.instance);
      const { variables } = chooseVariables(blueprint, template, request.variables, observed);
      const model = await modelOfFiles(drivers, files, variables);
      const images = Object.fromEntries(
        Object.entries(model.services).map(([service, { image }]) => [service, image ?? '']),
      );
      const source = { digest: stored.digest, template };
      const made = { ...request, id: InstanceId.parse(ulid()) };
      return withHash({ ...planProvision(made, blueprint, source, observed, memoryBudget(model), images), lineage });
    },

    /** Plans from the resources with the instance's label, so that a broken instance can be removed too. */
    async planDecommission(step: Fenced<{ instance: string; finalSet: 'take' | 'skip' }>): Promise<DecommissionPlan> {
      const { instance, finalSet, lease } = step;
      const labels = instanceLabels(lease);
      if (finalSet === 'take') {
        planDecommission(instance, await healthOfStores(drivers, await openInstance(directories, instance)));
      }
      return withHash({
        instance: lease.instance,
        id: lease.id,
        host: drivers.host,
        project: projectName(instance),
        containers: (await containers.containers(labels)).map(({ name }) => name),
        networks: (await containers.networks(labels)).map(({ name }) => name),
        volumes: (await containers.volumes(labels)).map(({ name }) => name),
        directory: directories.path(instance),
      });
    },
  };
}
