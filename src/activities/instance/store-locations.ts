import { DrydockError } from '../../errors.ts';
import { storeOf } from '../../model/instance/blueprint-stores.ts';
import { storeLabels } from '../../model/instance/labels.ts';
import { containerName, generationProject, oneOffPrefix, projectName, volumeName } from '../../model/instance/names.ts';
import { isService, kindOf, type ServiceSpec, type StoreSpec } from '../../stores/kinds.ts';
import { type OpenStore, openStore, type StoredPlace } from '../../stores/open.ts';
import type { HostFiles, ServiceTools } from '../../stores/store.ts';
import type { HostDrivers } from './host-drivers.ts';
import type { LocalInstance } from './instances.ts';
import { generationDirectory } from './projects.ts';

/** Where a store runs: with what serves, or in a generation built beside. */
export type Place = { generation: number; beside: boolean };

export function serving(local: LocalInstance): Place {
  return { generation: local.record.generation, beside: false };
}

/** Opens a store that need not run: its tools need only an image and a volume, or a directory on the host. */
export function openStored(
  drivers: HostDrivers,
  local: LocalInstance,
  store: string,
  image: string,
  place: Place,
): StoredPlace {
  const spec = storeOf(local.blueprint, store);
  const at = isService(spec) ? toolsOf(local, store, spec, image, place) : filesOf(local, store, spec, place);
  return openStore(drivers.stores[spec.kind], at);
}

function filesOf(
  local: LocalInstance,
  store: string,
  { paths }: Exclude<StoreSpec, ServiceSpec>,
  place: Place,
): HostFiles {
  const { instance } = local.record;
  return { place: 'directory', instance, store, directory: filesDirectory(local, place), paths };
}

function toolsOf(local: LocalInstance, store: string, spec: ServiceSpec, image: string, place: Place): ServiceTools {
  const { instance } = local.record;
  return {
    place: 'volume',
    instance,
    store,
    image,
    volume: volumeName(instance, spec.volume, place.generation),
    labels: storeLabels(local.record, place.generation, store),
    namePrefix: oneOffPrefix(projectOf(local, place), store),
    processors: processorsOf(local, spec.service),
  };
}

/** Gives the tools of a drill no more processors than the service whose data they load. */
function processorsOf({ terms }: LocalInstance, service: string): ServiceTools['processors'] {
  const cpus = terms?.limits[service]?.cpus;
  return terms === undefined || cpus === undefined ? undefined : { cpus, shares: terms.cpuShares };
}

/** Opens the running store of a place: its container, its address on the host's bridge, its credentials. */
export async function openRunning(
  drivers: HostDrivers,
  local: LocalInstance,
  store: string,
  place: Place,
): Promise<OpenStore> {
  const spec = storeOf(local.blueprint, store);
  const driver = drivers.stores[spec.kind];
  if (!isService(spec)) return openStore(driver, filesOf(local, store, spec, place));
  const container = containerName(projectOf(local, place), spec.service);
  const view = await drivers.containers.container(container);
  if (view === undefined) {
    throw new DrydockError(
      'unavailable',
      `look for store ${store} of ${local.record.instance}: no container ${container}`,
      {
        next: `run \`docker compose up -d\` in ${local.directory}`,
      },
    );
  }
  const variable = kindOf(spec).secretOf(spec);
  return openStore(driver, {
    ...toolsOf(local, store, spec, view.image, place),
    spec,
    container,
    address: Object.values(view.addresses)[0] ?? '',
    secret: variable === undefined ? undefined : local.env[variable],
  });
}

function projectOf(local: LocalInstance, place: Place): string {
  const { instance } = local.record;
  return place.beside ? generationProject(instance, place.generation) : projectName(instance);
}

/** Directory that the relative paths of a files store start from: the instance's, or that of the generation beside. */
function filesDirectory(local: LocalInstance, place: Place): string {
  return place.beside ? `${local.directory}/${generationFiles(place.generation)}` : local.directory;
}

/** Relative directory of the files of a generation that does not serve. */
export function generationFiles(generation: number): string {
  return `${generationDirectory(generation)}/files`;
}

/** File with the names of the migrations that are finished on a generation. */
export function migrationsFile(generation: number): string {
  return `.drydock/migrations/g${generation}.json`;
}

/** File with what the stores of a generation held when it began to serve. */
export function contentsFile(generation: number): string {
  return `.drydock/contents/g${generation}.json`;
}

/** File with store settings of a generation as they were before a procedure changed them. */
export function settingsFile(generation: number): string {
  return `.drydock/settings/g${generation}.json`;
}
