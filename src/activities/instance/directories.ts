import type { Blueprint } from '../../contracts/blueprint.ts';
import type { BlueprintRef, Tier } from '../../contracts/ids.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import type { ProvisionPlan } from '../../contracts/provision.ts';
import { DrydockError } from '../../errors.ts';
import { serviceStores } from '../../model/instance/blueprint-stores.ts';
import { fillTemplate, parseEnv } from '../../model/instance/env-file.ts';
import { instanceLabels, storeLabels } from '../../model/instance/labels.ts';
import type { Fenced } from '../attempt/fenced.ts';
import type { HostDrivers } from './host-drivers.ts';
import { fetchBlueprint, openInstance } from './instances.ts';
import { projectsAmong, servingProject } from './projects.ts';
import { renderServing } from './rendering.ts';
import { secretValues } from './secret-values.ts';

/** Steps on an instance's directory and on what belongs to it by label. */
export function createDirectoryActivities(drivers: HostDrivers) {
  const { directories, containers, compose, objects } = drivers;

  return {
    /**
     * Makes the directory: blueprint, configuration, `.env` with generated secrets, record. Repeating keeps the
     * secrets.
     */
    async createDirectory({ plan }: Fenced<{ plan: ProvisionPlan }>): Promise<void> {
      const { instance } = plan;
      const { files } = await fetchBlueprint(objects, plan.blueprint.ref);
      await refuseTakenPorts(plan);
      await directories.makeDirectory(instance, '.drydock');
      for (const [file, content] of Object.entries(files)) {
        await directories.write(instance, `blueprint/${file}`, content);
        if (/^(config|data)\//.test(file)) await directories.write(instance, file, content);
      }
      const kept = parseEnv((await directories.read(instance, '.env')) ?? '');
      const values = { ...plan.variables, ...(await secretValues(drivers.settings, plan, kept)) };
      await directories.write(instance, '.env', fillTemplate(files['.env.template'] ?? '', values), 0o600);
      await directories.writeRecord(recordOf(plan));
    },

    /** The tier sold to the instance's client, and the blueprint that defines what the tier means. */
    async readTier({ instance }: Fenced<{ instance: string }>): Promise<{ tier: Tier; blueprint: BlueprintRef }> {
      const { tier, blueprint } = await directories.record(instance);
      return { tier, blueprint: blueprint.ref };
    },

    /** Changes the record only: no container knows the tier. */
    async writeTier({ instance, tier }: Fenced<{ instance: string; tier: Tier }>): Promise<void> {
      await directories.writeRecord({ ...(await directories.record(instance)), tier });
    },

    /** Writes `docker-compose.yml` and the edge's configuration from the record; the same record gives equal files. */
    async renderFiles({ instance }: Fenced<{ instance: string }>): Promise<void> {
      await renderServing(drivers, instance);
    },

    /** Makes the volumes of the first generation, labelled. */
    async createVolumes({ plan, blueprint }: Fenced<{ plan: ProvisionPlan; blueprint?: Blueprint }>): Promise<void> {
      const stores = blueprint ?? (await openInstance(directories, plan.instance)).blueprint;
      for (const [store] of serviceStores(stores)) {
        const volume = plan.volumes[store];
        if (volume !== undefined) await containers.createVolume(volume, storeLabels(plan, plan.generation, store));
      }
    },

    /** Removes containers and networks of the instance, also those of generations being built. */
    async removeContainers({ lease }: Fenced<{ instance: string }>): Promise<string[]> {
      const owned = await containers.containers(instanceLabels(lease));
      const serving = servingProject(directories, lease); // also without containers: its networks are left
      const beside = projectsAmong(directories, lease, owned).filter(({ name }) => name !== serving.name);
      for (const project of [...beside, serving]) await compose.down(project);
      return owned.map((container) => `container ${container.name}`);
    },

    /** Removes every volume that carries the instance's label, of any generation. */
    async removeVolumes({ lease }: Fenced<{ instance: string }>): Promise<string[]> {
      const owned = await containers.volumes(instanceLabels(lease));
      for (const volume of owned) await containers.removeVolume(volume.name, instanceLabels(lease));
      return owned.map((volume) => `volume ${volume.name}`);
    },

    async removeDirectory({ instance }: Fenced<{ instance: string }>): Promise<string[]> {
      const there = await directories.exists(instance);
      await directories.remove(instance);
      return there ? [`directory ${directories.path(instance)}`] : [];
    },

    /** Proves that nothing of the instance is left on this host; `mismatch` lists what is. */
    async proveRemoved({ instance, lease }: Fenced<{ instance: string }>): Promise<void> {
      const left = await leftovers(drivers, instance, instanceLabels(lease));
      if (left.length === 0) return;
      throw new DrydockError('mismatch', `remove ${instance} from host ${drivers.host}: ${left.length} left`, {
        problems: left,
        next: 'remove these by hand, they carry the labels drydock.instance and drydock.id',
      });
    },
  };

  /** Two instances planned at the same moment may have chosen the same ports; refuses the one that begins second. */
  async function refuseTakenPorts(plan: ProvisionPlan): Promise<void> {
    const wanted = new Set(Object.values(plan.ports).map(String));
    for (const name of await directories.names()) {
      const env = name === plan.instance ? {} : parseEnv((await directories.read(name, '.env')) ?? '');
      const clash = Object.keys(plan.ports).find((variable) => wanted.has(env[variable] ?? ''));
      if (clash === undefined) continue;
      throw new DrydockError(
        'refused',
        `make ${plan.instance}: port ${env[clash]} was just given to instance ${name}`,
        {
          next: 'start the provisioning again; it will choose other ports',
        },
      );
    }
  }

  function recordOf(plan: ProvisionPlan): InstanceRecord {
    return {
      format: 'drydock-instance/1',
      instance: plan.instance,
      id: plan.id,
      host: plan.host,
      tier: plan.tier,
      blueprint: plan.blueprint,
      colour: plan.colour,
      generation: plan.generation,
      storePorts: plan.storePorts,
      createdAt: new Date().toISOString(),
      lineage: plan.lineage,
      retired: [],
    };
  }
}

/** Everything on this host that carries these labels of an instance, or its name. */
export async function leftovers(
  { containers, directories }: HostDrivers,
  instance: string,
  labels: Record<string, string>,
): Promise<string[]> {
  return [
    ...(await containers.containers(labels)).map((container) => `container ${container.name}`),
    ...(await containers.volumes(labels)).map((volume) => `volume ${volume.name}`),
    ...(await containers.networks(labels)).map((network) => `network ${network.name}`),
    ...((await directories.exists(instance)) ? [`directory ${directories.path(instance)}`] : []),
  ];
}
