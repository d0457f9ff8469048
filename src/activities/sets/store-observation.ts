import type { Manifest } from '../../contracts/manifest.ts';
import type { ContainerView } from '../../drivers/docker/container-runtime.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import {
  imagesOfStores,
  releaseServices,
  serviceStores,
  storeServices,
} from '../../model/instance/blueprint-stores.ts';
import { memoryBudget } from '../../model/instance/budget.ts';
import { colouredService, containerName, projectName, setPrefix } from '../../model/instance/names.ts';
import type { BackupObservation, StoreHealth } from '../../model/sets/plan-backup.ts';
import type { RestoreObservation } from '../../model/sets/plan-restore.ts';
import { isService, type ServiceSpec } from '../../stores/kinds.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { promisedMemory } from '../instance/host-observation.ts';
import type { LocalInstance } from '../instance/instances.ts';
import { restingMode } from '../instance/read-only-holds.ts';
import { resolvedModel } from '../instance/rendering.ts';
import { openRunning, openStored, serving } from '../instance/store-locations.ts';

/** What an instance shows before a backup of some or all of its stores. */
export async function observeForBackup(
  drivers: HostDrivers,
  local: LocalInstance,
  chosen: readonly string[],
): Promise<BackupObservation> {
  const stores = await healthOfStores(drivers, local);
  const space: Record<string, { stagingBytes: number; storeBytes: number }> = {};
  for (const [store, spec] of Object.entries(local.blueprint.stores)) {
    if (!chosen.includes(store) || (isService(spec) && stores[store] !== 'healthy')) continue;
    space[store] = await (await openRunning(drivers, local, store, serving(local))).captureSpace();
  }
  const { dataRoot } = await drivers.containers.engine();
  return {
    record: local.record,
    stores,
    images: await imagesInUse(drivers, local),
    space,
    stagingFreeBytes: await drivers.machine.diskFreeBytes(drivers.directories.root),
    storeFreeBytes: await drivers.machine.diskFreeBytes(dataRoot),
    recipients: drivers.seal.recipients(),
  };
}

/** What host and object store show before a generation is built. The serving stores may be dead: hence the restore. */
export async function observeForRestore(
  drivers: HostDrivers,
  local: LocalInstance,
  ...sets: readonly Pick<Manifest, 'instance' | 'id' | 'set'>[]
): Promise<RestoreObservation> {
  const { machine, settings, objects, directories } = drivers;
  const sizes = await Promise.all(sets.map((set) => storedSizesOf(objects, set)));
  const model = await resolvedModel(drivers, local);
  return {
    record: local.record,
    stores: await healthOfStores(drivers, local),
    storedSizes: new Map(sizes.flatMap((known) => [...known])),
    engineVersions: await engineVersions(drivers, local, imagesOfStores(local.blueprint, model)),
    diskFreeBytes: await machine.diskFreeBytes(directories.root),
    memoryFreeBytes: machine.memoryBytes() - settings.memoryReserveBytes - (await promisedMemory(drivers)),
    memoryNeededBytes: memoryBudget(model, storeServices(local.blueprint)),
    canDecrypt: settings.canDecrypt,
  };
}

/** Sizes of the objects of a set by key. */
export async function storedSizesOf(
  objects: ObjectStore,
  of: Pick<Manifest, 'instance' | 'id' | 'set'>,
): Promise<Map<string, number>> {
  const listed = await Array.fromAsync(objects.list(setPrefix(of, of.set)));
  return new Map(listed.map(({ key, sizeBytes }) => [key, sizeBytes]));
}

/** Health of every store service, as reported by its container. */
export async function healthOfStores(
  { containers }: HostDrivers,
  local: LocalInstance,
): Promise<Record<string, StoreHealth>> {
  const project = projectName(local.record.instance);
  const health: Record<string, StoreHealth> = {};
  for (const [store, spec] of serviceStores(local.blueprint)) {
    health[store] = healthOf(await containers.container(containerName(project, spec.service)));
  }
  return health;
}

/** Health of every release service that must run now, by service name. */
export async function healthOfRelease(
  { containers, directories }: HostDrivers,
  { blueprint, record }: LocalInstance,
): Promise<Record<string, StoreHealth>> {
  const project = projectName(record.instance);
  const writing = (await restingMode(directories, record.instance)) === 'open';
  const health: Record<string, StoreHealth> = {};
  for (const service of blueprint.release) {
    if (!writing && blueprint.writers.includes(service)) continue;
    const name = containerName(project, colouredService(service, record.colour));
    health[service] = healthOf(await containers.container(name));
  }
  return health;
}

function healthOf(view: ContainerView | undefined): StoreHealth {
  if (view === undefined) return 'absent';
  if (view.state !== 'running') return 'stopped';
  return view.health === 'none' ? 'healthy' : view.health;
}

/** Image of every store, by store, as the instance's files name it. */
export async function storeImages(drivers: HostDrivers, local: LocalInstance): Promise<Record<string, string>> {
  return imagesOfStores(local.blueprint, await resolvedModel(drivers, local));
}

/** Image and digest of every store and release service that runs: a set names exactly what it was made with. */
export async function imagesInUse({ containers }: HostDrivers, local: LocalInstance): Promise<Record<string, string>> {
  const { blueprint, record } = local;
  const services = [...storeServices(blueprint), ...releaseServices(blueprint, record.colour)];
  const images: Record<string, string> = {};
  for (const service of services) {
    const view = await containers.container(containerName(projectName(record.instance), service));
    if (view !== undefined) images[service] = `${view.image}@${view.imageId}`;
  }
  return images;
}

/**
 * Versions of the engines in the images of an instance's stores, which cannot read a set of a newer engine. A store
 * that runs from its image is asked itself: a tool needs a second or two to print its version, while a restore waits.
 */
export async function engineVersions(
  drivers: HostDrivers,
  local: LocalInstance,
  images: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  return versionsIn(drivers, local, images, (...store) => versionOfRunning(drivers, local, ...store));
}

/** Undefined if no healthy store runs from that image, or it does not answer: no reason to refuse a restore. */
async function versionOfRunning(
  drivers: HostDrivers,
  local: LocalInstance,
  store: string,
  { service }: ServiceSpec,
  image: string,
): Promise<string | undefined> {
  const view = await drivers.containers.container(containerName(projectName(local.record.instance), service));
  if (healthOf(view) !== 'healthy' || view?.imageId !== (await drivers.containers.image(image))?.id) return undefined;
  const open = await openRunning(drivers, local, store, serving(local));
  return open.version().catch(() => undefined);
}

/** Versions in given images, by store; skips stores without an image. Asks the image where `known` has no answer. */
export async function versionsIn(
  drivers: HostDrivers,
  local: LocalInstance,
  images: Readonly<Record<string, string>>,
  known?: (store: string, spec: ServiceSpec, image: string) => Promise<string | undefined>,
): Promise<Record<string, string>> {
  const versions = serviceStores(local.blueprint).map(async ([store, spec]) => {
    const image = images[store];
    if (image === undefined) return [];
    const open = openStored(drivers, local, store, image, serving(local));
    return [[store, (await known?.(store, spec, image)) ?? (await open.engineVersion())] as const];
  });
  return Object.fromEntries((await Promise.all(versions)).flat());
}
