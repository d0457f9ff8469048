import type { Blueprint, StoreKind, StoreSpec } from '../../contracts/blueprint.ts';
import { DrydockError } from '../../errors.ts';
import { colouredService } from './names.ts';

export type VolumeStoreSpec = Exclude<StoreSpec, { kind: 'files' }>;

/** The store of that name; a blueprint that was checked always has it. */
export function storeOf(blueprint: Blueprint, store: string): StoreSpec {
  const spec = blueprint.stores[store];
  if (spec === undefined) {
    throw new DrydockError(
      'internal',
      `look up store ${store} in blueprint ${blueprint.name}@${blueprint.version}: it has none`,
    );
  }
  return spec;
}

/**
 * Kinds whose capture is of one moment and says itself what it holds, so that they are captured while they are written. Any
 * other store is counted before it is captured, and nothing may write in between.
 */
const capturedWhileWritten: ReadonlySet<StoreKind> = new Set(['redis']);

/** Whether writing must stop while a store is captured by itself. */
export function stopsWriting(blueprint: Pick<Blueprint, 'stores'>, store: string): boolean {
  const kind = blueprint.stores[store]?.kind;
  return kind === undefined || !capturedWhileWritten.has(kind);
}

/** Stores that live in a volume of a service: all but files. */
export function volumeStores(blueprint: Blueprint): [string, VolumeStoreSpec][] {
  return Object.entries(blueprint.stores).filter(
    (entry): entry is [string, VolumeStoreSpec] => entry[1].kind !== 'files',
  );
}

export function fileStores(blueprint: Blueprint): [string, Extract<StoreSpec, { kind: 'files' }>][] {
  return Object.entries(blueprint.stores).filter(
    (entry): entry is [string, Extract<StoreSpec, { kind: 'files' }>] => entry[1].kind === 'files',
  );
}

/** Services of the stores that have one. */
export function storeServices(blueprint: Blueprint): string[] {
  return volumeStores(blueprint).map(([, { service }]) => service);
}

/** Services of the release in a colour. */
export function releaseServices(blueprint: Blueprint, colour: string): string[] {
  return blueprint.release.map((service) => colouredService(service, colour));
}

/** Variable that holds a store's secret, if it has one. */
export function secretVariable(spec: VolumeStoreSpec): string | undefined {
  switch (spec.kind) {
    case 'neo4j':
      return spec.passwordFrom;
    case 'redis':
      return spec.passwordFrom;
    case 'qdrant':
      return spec.apiKeyFrom;
  }
}
