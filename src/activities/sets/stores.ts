import type { BackupPlan } from '../../contracts/backup.ts';
import type { StoreContents } from '../../contracts/contents.ts';
import type { ArtifactCheck, StoreRecord } from '../../contracts/manifest.ts';
import type { RestorePlan } from '../../contracts/restore.ts';
import { storeOf } from '../../model/instance/blueprint-stores.ts';
import { containerName } from '../../model/instance/names.ts';
import { isService, scriptOf } from '../../stores/kinds.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { reportProgress, signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { type LocalInstance, openFor, openInstance } from '../instance/instances.ts';
import { builtProject } from '../instance/projects.ts';
import { startLimitSeconds } from '../instance/serve.ts';
import { openRunning, openStored, serving } from '../instance/store-locations.ts';
import { storeImages } from './store-observation.ts';

/** A file as the store's tool wrote it in a capture. */
export interface CapturedFile {
  name: string;
  compressed: boolean;
}

/** Result of the check of a store for the manifest, and the counts from the artifacts if the check counts. */
export type CheckedStore = ArtifactCheck & { contents?: StoreContents };

/** Directory of one store's artifacts while a procedure works on them, relative to the instance. */
export function stagingOf(plan: { staging: string }, store: string): string {
  return `.drydock/staging/${plan.staging}/${store}`;
}

/** Steps on one store of an instance. */
export function createStoreActivities(drivers: HostDrivers) {
  const { directories } = drivers;

  return {
    /** Counts the store, then freezes it as it is. A store that must stop for it runs again afterwards. */
    async freezeStore({ plan, store }: Fenced<{ plan: BackupPlan; store: string }>): Promise<StoreRecord> {
      const local = await openInstance(directories, plan.instance);
      const directory = await directories.makeDirectory(plan.instance, stagingOf(plan, store));
      const open = () => openRunning(drivers, local, store, serving(local));
      await (await open()).recover(signalOfStep()); // an attempt that was killed may have left the store stopped
      const running = await open(); // anew, since a store that was started again may have another address
      const [contents, version] = [await running.contents(), await running.version()];
      const { unavailableMs } = await running.freeze(directory, reportProgress, signalOfStep());
      return { store, kind: running.kind, version, unavailableMs, contents };
    },

    /** Writes the artifacts of the frozen store to staging. The store may be written meanwhile. */
    async captureStore({ plan, store }: Fenced<{ plan: BackupPlan; store: string }>): Promise<CapturedFile[]> {
      const local = await openInstance(directories, plan.instance);
      const directory = directories.path(plan.instance, stagingOf(plan, store));
      const open = await openRunning(drivers, local, store, serving(local));
      return (await open.capture(directory, reportProgress, signalOfStep())).files;
    },

    /** Discards a freeze that was not captured. A store without a container has none. */
    async thawStores({ plan }: Fenced<{ plan: BackupPlan }>): Promise<void> {
      const local = await openInstance(directories, plan.instance);
      for (const store of plan.stores) {
        const spec = storeOf(local.blueprint, store);
        const container = isService(spec) ? containerName(plan.project, spec.service) : undefined;
        if (container !== undefined && (await drivers.containers.container(container)) === undefined) continue;
        const open = await openRunning(drivers, local, store, serving(local));
        await open.thaw(directories.path(plan.instance, stagingOf(plan, store)), signalOfStep());
      }
    },

    /** Proves with the store's own tool that the artifacts in staging can be read. */
    async checkStore({
      plan,
      store,
    }: Fenced<{ plan: BackupPlan | RestorePlan; store: string }>): Promise<CheckedStore> {
      const local = await openFor(directories, plan);
      const directory = directories.path(plan.instance, stagingOf(plan, store));
      const open = openStored(drivers, local, store, await imageOf(local, store), serving(local));
      return { store, ...(await open.check(directory, reportProgress, signalOfStep())) };
    },

    /** Loads artifacts from staging into the next generation's empty volume. */
    async loadStore({ plan, store }: Fenced<{ plan: RestorePlan; store: string }>): Promise<void> {
      const local = await openFor(directories, plan);
      const directory = directories.path(plan.instance, stagingOf(plan, store));
      const place = { generation: plan.toGeneration, beside: true };
      const open = openStored(drivers, local, store, await imageOf(local, store), place);
      await open.load(directory, reportProgress, signalOfStep());
    },

    /** Second half of loading, into a started store of the next generation: waits until the store is healthy. */
    async loadRunningStore({ plan, store }: Fenced<{ plan: RestorePlan; store: string }>): Promise<void> {
      const { toGeneration: generation } = plan;
      const local = await openFor(directories, plan);
      const directory = directories.path(plan.instance, stagingOf(plan, store));
      const spec = storeOf(local.blueprint, store);
      if (isService(spec)) {
        const options = { services: [spec.service], timeoutSeconds: startLimitSeconds, deps: 'without' } as const;
        await drivers.compose.up(builtProject(directories, plan, generation), options, signalOfStep());
      }
      const open = await openRunning(drivers, local, store, { generation, beside: true });
      await open.loadRunning(directory, reportProgress, signalOfStep());
    },

    /** Applies the blueprint's init steps to the serving stores: schema, collections. Repeating changes nothing. */
    async initStores({ instance }: Fenced<{ instance: string }>): Promise<void> {
      const local = await openInstance(directories, instance);
      for (const step of local.blueprint.init) {
        const { file } = scriptOf(step) ?? {};
        const text = (await directories.read(instance, `${local.files}blueprint/${file}`)) ?? '';
        await (await openRunning(drivers, local, step.store, serving(local))).init(text, signalOfStep());
      }
    },
  };

  /** Image of a store by the instance's files, since its container may be gone when a set is needed. None for files. */
  async function imageOf(local: LocalInstance, store: string): Promise<string> {
    return isService(storeOf(local.blueprint, store)) ? ((await storeImages(drivers, local))[store] ?? '') : '';
  }
}
