import type { InstanceFacts } from '../../contracts/lease.ts';
import { DrydockError } from '../../errors.ts';
import { serviceStores } from '../../model/instance/blueprint-stores.ts';
import { instanceLabels } from '../../model/instance/labels.ts';
import { containerName, edgeDirectory, projectName, volumeName } from '../../model/instance/names.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openInstance } from '../instance/instances.ts';
import { readOnlyHolds, restingMode, writeHolds } from '../instance/read-only-holds.ts';
import { serve } from '../instance/serve.ts';
import { openRunning, serving } from '../instance/store-locations.ts';

/**
 * Steps that make an instance serve what its record says. Each returns what it had to do; repeated, it does nothing.
 */
export function createServingRepairs(drivers: HostDrivers) {
  const { directories } = drivers;

  return {
    /** False for an instance that was never made, or was removed. */
    async findInstance({ instance }: Fenced<{ instance: string }>): Promise<{ made: boolean }> {
      return { made: (await directories.recordIfAny(instance)) !== undefined };
    },

    async liftHolds({ instance, dead }: Fenced<{ instance: string; dead: readonly string[] }>): Promise<string[]> {
      const holds = await readOnlyHolds(directories, instance);
      const lifted = holds.filter(({ by }) => dead.includes(by));
      if (lifted.length > 0) {
        await writeHolds(
          directories,
          instance,
          holds.filter(({ by }) => !dead.includes(by)),
        );
      }
      return lifted.map(({ by, reason }) => `lifted the read-only hold of ${by} (${reason})`);
    },

    async recoverStores({ instance }: Fenced<{ instance: string }>): Promise<string[]> {
      const local = await openInstance(directories, instance);
      const done: string[] = [];
      for (const [store, { service, volume }] of serviceStores(local.blueprint)) {
        const name = volumeName(instance, volume, local.record.generation);
        if ((await drivers.containers.volume(name)) === undefined) {
          throw new DrydockError('refused', `settle ${instance}: volume ${name} of store ${store} is gone`, {
            next: 'decommission the instance, or restore a set with --as under another name',
          });
        }
        const view = await drivers.containers.container(containerName(projectName(instance), service));
        if (view === undefined) continue; // Nothing to recover; Compose makes the container anew.
        await (await openRunning(drivers, local, store, serving(local))).recover(signalOfStep());
        if (view.state !== 'running') done.push(`started store ${store}`);
      }
      return done;
    },

    async startMissing({ instance, lease }: Fenced<{ instance: string }>): Promise<string[]> {
      const running = async () => {
        const views = await drivers.containers.containers(instanceLabels(lease));
        return views.filter(({ state }) => state === 'running').map(({ name }) => name);
      };
      const before = await running();
      await serve(drivers, instance);
      return (await running()).filter((name) => !before.includes(name)).map((name) => `started ${name}`);
    },

    async settleEdge({ instance }: Fenced<{ instance: string }>): Promise<string[]> {
      const at = directories.path(instance, edgeDirectory);
      const { colour } = await directories.record(instance);
      const [seenColour, seenMode] = [await drivers.edge.colour(at), await drivers.edge.mode(at)];
      const mode = await restingMode(directories, instance);
      await drivers.edge.setColour(at, colour);
      await drivers.edge.setMode(at, mode);
      return [
        ...(seenColour === colour ? [] : [`pointed the edge at ${colour}`]),
        ...(seenMode === mode ? [] : [`turned the edge from ${seenMode} to ${mode}`]),
      ];
    },

    async readFacts({ instance }: Fenced<{ instance: string }>): Promise<Partial<InstanceFacts>> {
      const { tier, blueprint, colour, generation } = await directories.record(instance);
      const [hold] = await readOnlyHolds(directories, instance);
      const mode = hold === undefined ? 'open' : 'read-only';
      return { tier, blueprint: blueprint.ref, colour, generation, mode, modeReason: hold?.reason ?? '' };
    },
  };
}
