import type { Blueprint, StoreSpec } from '../../contracts/blueprint.ts';
import type { ComposeModel } from '../../drivers/compose/compose.ts';
import { DrydockError } from '../../errors.ts';
import { isService, kindOf, type ServiceSpec } from '../../stores/kinds.ts';
import { colouredService, volumeName } from './names.ts';

/** The store of that name; a checked blueprint always has it. */
export function storeOf(blueprint: Blueprint, store: string): StoreSpec {
  const spec = blueprint.stores[store];
  if (spec === undefined) {
    throw new DrydockError(
      'internal',
      `look up store ${store} in blueprint ${blueprint.name}@${blueprint.version}: the blueprint has no such store`,
    );
  }
  return spec;
}

/** Whether writing must stop while a store is captured alone. */
export function stopsWriting(blueprint: Pick<Blueprint, 'stores'>, store: string): boolean {
  const spec = blueprint.stores[store];
  return spec === undefined || kindOf(spec).frozen === 'behind-barrier';
}

/** Stores that are a service with a volume. */
export function serviceStores(blueprint: Pick<Blueprint, 'stores'>): [string, ServiceSpec][] {
  return Object.entries(blueprint.stores).filter((entry): entry is [string, ServiceSpec] => isService(entry[1]));
}

/** Paths of the stores that are files in the instance's directory. */
export function storedPaths(blueprint: Pick<Blueprint, 'stores'>): string[] {
  return Object.values(blueprint.stores).flatMap((spec) => (isService(spec) ? [] : spec.paths));
}

/** Services of all stores that have a service. */
export function storeServices(blueprint: Blueprint): string[] {
  return serviceStores(blueprint).map(([, { service }]) => service);
}

/** Image of every store that is a service, by a Compose model. */
export function imagesOfStores(
  blueprint: Pick<Blueprint, 'stores'>,
  { services }: Pick<ComposeModel, 'services'>,
): Record<string, string> {
  return Object.fromEntries(
    serviceStores(blueprint).map(([store, { service }]) => [store, services[service]?.image ?? '']),
  );
}

/** Volume of every store that is a service, on a generation. */
export function volumesOfStores(
  blueprint: Pick<Blueprint, 'stores'>,
  instance: string,
  generation: number,
): Record<string, string> {
  return Object.fromEntries(
    serviceStores(blueprint).map(([store, { volume }]) => [store, volumeName(instance, volume, generation)]),
  );
}

/** Services of the release, named for a colour. */
export function releaseServices(blueprint: Blueprint, colour: string): string[] {
  return blueprint.release.map((service) => colouredService(service, colour));
}

/** Those that write, and start only when their release serves. */
export function writingServices(blueprint: Blueprint, colour: string): string[] {
  return blueprint.writers.map((service) => colouredService(service, colour));
}

/** All the others. */
export function readingServices(blueprint: Blueprint, colour: string): string[] {
  const writers = writingServices(blueprint, colour);
  return releaseServices(blueprint, colour).filter((service) => !writers.includes(service));
}
