import { randomBytes } from 'node:crypto';
import type { BackupPlan, BackupRequest } from '../../contracts/backup.ts';
import type { DecommissionPlan } from '../../contracts/decommission.ts';
import { SetId } from '../../contracts/ids.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { ProvisionPlan, ProvisionRequest } from '../../contracts/provision.ts';
import type { RestorePlan } from '../../contracts/restore.ts';
import type { RetentionBasis } from '../../contracts/retention.ts';
import { memoryBudget } from '../../model/instance/budget.ts';
import { instanceLabels } from '../../model/instance/labels.ts';
import { projectName, setId } from '../../model/instance/names.ts';
import { planDecommission } from '../../model/instance/plan-decommission.ts';
import { chooseVariables, planProvision } from '../../model/instance/plan-provision.ts';
import type { NewerStore } from '../../model/sets/newer-stores.ts';
import { chosenStores, planBackup } from '../../model/sets/plan-backup.ts';
import { planRestore } from '../../model/sets/plan-restore.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { withHash } from '../attempt/hash.ts';
import { healthOfStores, observeForBackup, observeForRestore, storeImages } from '../sets/store-observation.ts';
import type { HostDrivers } from './host-drivers.ts';
import { modelOfFiles, observeHost } from './host-observation.ts';
import { fetchBlueprint, openInstance } from './instances.ts';

/** Steps that observe the host, ask the model for the plan, and return it for the record. They change nothing. */
export function createPlanningActivities(drivers: HostDrivers) {
  const { directories, containers, objects } = drivers;

  return {
    async planProvision({ request }: { request: ProvisionRequest }): Promise<ProvisionPlan> {
      const { stored, files, blueprint } = await fetchBlueprint(objects, request.blueprint);
      const template = files['.env.template'] ?? '';
      const observed = await observeHost(drivers, request.instance);
      const { variables } = chooseVariables(blueprint, template, request.variables, observed);
      const model = await modelOfFiles(drivers, files, variables);
      const images = Object.fromEntries(
        Object.entries(model.services).map(([service, { image }]) => [service, image ?? '']),
      );
      const source = { digest: stored.digest, template };
      return withHash(planProvision(request, blueprint, source, observed, memoryBudget(model), images));
    },

    async planBackup({ request }: Fenced<{ request: BackupRequest }>): Promise<BackupPlan> {
      const local = await openInstance(directories, request.instance);
      const now = new Date();
      const id = SetId.parse(setId(now, randomBytes(4).toString('hex')));
      const observed = await observeForBackup(drivers, local, chosenStores(request, local.blueprint));
      return withHash(planBackup(request, local.blueprint, id, now.toISOString(), observed));
    },

    async planRestore(
      step: Fenced<{ instance: string; manifest: Manifest; newer?: NewerStore[]; safetySet: 'take' | 'skip' }>,
    ): Promise<RestorePlan> {
      const { instance, manifest, newer = [], safetySet } = step;
      const local = await openInstance(directories, instance);
      const observed = await observeForRestore(drivers, local, manifest, ...newer.map((one) => one.manifest));
      const images = await storeImages(drivers, local);
      return withHash(planRestore(manifest, local.blueprint, { ...observed, safetySet, newer }, images));
    },

    /** How long sets of a living instance shall stay: its tier, the rules of its blueprint, and the release that is kept for the way back. */
    async readRetentionRules({ instance }: Fenced<{ instance: string }>): Promise<RetentionBasis> {
      const { record, blueprint } = await openInstance(directories, instance);
      const { tier, previous } = record;
      const stores = Object.keys(blueprint.stores);
      const kept = previous === undefined ? {} : { previous: { ...previous.blueprint, keepUntil: previous.keepUntil } };
      return { kind: 'living', tier, stores, rules: blueprint.retention, ...kept };
    },

    /** Works on what carries the instance's label, so that a broken instance can be removed too. */
    async planDecommission(step: Fenced<{ instance: string; finalSet: 'take' | 'skip' }>): Promise<DecommissionPlan> {
      const { instance, finalSet, lease } = step;
      const labels = instanceLabels(instance);
      if (finalSet === 'take') {
        planDecommission(instance, await healthOfStores(drivers, await openInstance(directories, instance)));
      }
      return withHash({
        instance: lease.instance,
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
