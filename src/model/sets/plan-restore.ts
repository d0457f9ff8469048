import type { Blueprint } from '../../contracts/blueprint.ts';
import { Generation } from '../../contracts/ids.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { RestorePlan } from '../../contracts/restore.ts';
import { DrydockError } from '../../errors.ts';
import { present } from '../../given.ts';
import { volumesOfStores } from '../instance/blueprint-stores.ts';
import { projectName, setPrefix } from '../instance/names.ts';
import { readableBytes } from '../words/bytes.ts';
import { type NewerStore, newerProblems, newerSources, withNewer } from './newer-stores.ts';
import type { StoreHealth } from './plan-backup.ts';
import { compareVersions } from './versions.ts';
import { captureProblem } from './whole-sets.ts';

/** The host before a generation is built from a set. */
export interface RestoreObservation {
  record: Pick<InstanceRecord, 'instance' | 'id' | 'host' | 'colour' | 'generation' | 'blueprint' | 'retired'>;
  /** Health of the serving stores: a safety set needs all of them. */
  stores: Readonly<Record<string, StoreHealth>>;
  /** Sizes of the stored artifacts, as the object store says; missing keys are absent. */
  storedSizes: ReadonlyMap<string, number>;
  /** Engine version of each store in the images of the instance. */
  engineVersions: Readonly<Record<string, string>>;
  diskFreeBytes: number;
  memoryFreeBytes: number;
  /** Memory that the stores need while both generations run. */
  memoryNeededBytes: number;
  canDecrypt: boolean;
}

/** Choices beside the set: the generation's purpose and number, whether a set is taken first, stores of newer sets. */
interface RestoreChoices extends Pick<RestorePlan, 'purpose' | 'toGeneration'> {
  safetySet: 'take' | 'skip';
  newer?: readonly NewerStore[] | undefined;
}

/**
 * Plans the next generation from a set, or refuses with every reason. Refuses a damaged, incomplete or foreign set, a
 * set of a newer engine, a set this host cannot decrypt, and a host without room for a second copy.
 */
export function planRestore(
  manifest: Manifest,
  blueprint: Blueprint,
  observed: RestoreObservation & RestoreChoices,
  images: Record<string, string>,
): Omit<RestorePlan, 'hash'> {
  const { record, newer = [] } = observed;
  const all = withNewer(manifest, newer);
  const sets = [manifest, ...newer.map((one) => one.manifest)];
  const problems = [
    ...foreignProblems(manifest, blueprint, record),
    ...newerProblems(manifest, newer),
    ...newer.flatMap((one) => outsideProblems(one.manifest)),
    ...artifactProblems(all, blueprint, observed.storedSizes),
    ...engineProblems(all, observed.engineVersions),
    ...roomProblems(all, observed),
    ...(observed.safetySet === 'take' ? safetyProblems(observed.stores) : []),
    ...new Set(sets.flatMap((set) => keyProblems(set, observed))),
  ];
  if (problems.length > 0) {
    throw new DrydockError('refused', `plan the restore of ${record.instance} from set ${manifest.set}: refused`, {
      problems,
      next: 'nothing was touched; choose another set with `drydock sets`, or mend what is named',
    });
  }
  const { purpose, toGeneration } = observed;
  const plan = besidePlan(all, blueprint, record, images, toGeneration);
  return { ...plan, purpose, newer: newerSources(manifest, newer) };
}

/** The number after every generation that serves or is kept. */
export function nextGeneration({ generation, retired }: Pick<InstanceRecord, 'generation' | 'retired'>): Generation {
  return Generation.parse(1 + Math.max(generation, ...retired.map((kept) => kept.generation)));
}

/** The plan of a generation from a set, beside the serving one, when nothing forbids it. */
export function besidePlan(
  manifest: Manifest,
  blueprint: Blueprint,
  record: RestoreObservation['record'],
  images: Record<string, string>,
  toGeneration: Generation,
): Omit<RestorePlan, 'hash' | 'purpose'> {
  return {
    set: manifest.set,
    source: { instance: manifest.instance, id: manifest.id },
    instance: record.instance,
    id: record.id,
    host: record.host,
    project: projectName(record.instance),
    blueprint: record.blueprint,
    colour: record.colour,
    fromGeneration: record.generation,
    toGeneration,
    stores: blueprint.restore.order,
    volumes: volumesOfStores(blueprint, record.instance, toGeneration),
    images,
    artifacts: manifest.artifacts,
    expected: manifest.stores,
    setCreatedAt: manifest.createdAt,
    newer: [],
    staging: `restore-${manifest.set}`,
    stagingBytes: stagingBytes(manifest),
  };
}

export function foreignProblems(
  manifest: Manifest,
  blueprint: Blueprint,
  record: RestoreObservation['record'],
): string[] {
  const stores = manifest.stores.map((store) => store.store);
  const missing = blueprint.restore.order.filter((store) => !stores.includes(store) && !isLeftOut(manifest, store));
  const unknown = stores.filter((store) => !blueprint.restore.order.includes(store));
  return present(
    manifest.blueprint.digest !== record.blueprint.digest &&
      `the set was made with ${manifest.blueprint.ref}, the instance runs ${record.blueprint.ref}: restore it with --as under another name`,
    ...captureProblem(manifest),
    ...outsideProblems(manifest),
    ...missing.map((store) => `the set has no store ${store}`),
    ...unknown.map((store) => `the set has a store ${store} that the blueprint does not know`),
  );
}

function outsideProblems(manifest: Manifest): string[] {
  const outside = manifest.artifacts.filter(({ key }) => !key.startsWith(setPrefix(manifest, manifest.set)));
  return outside.map(({ key }) => `artifact ${key} lies outside the set`);
}

/** Stores that a capture leaves out are not missing: the capture is not damaged. */
function isLeftOut({ withoutStores = [] }: Manifest, store: string): boolean {
  return withoutStores.includes(store);
}

export function artifactProblems(
  manifest: Manifest,
  blueprint: Blueprint,
  sizes: ReadonlyMap<string, number>,
): string[] {
  const without = blueprint.restore.order.filter(
    (store) => !isLeftOut(manifest, store) && !manifest.artifacts.some((artifact) => artifact.store === store),
  );
  return [
    ...without.map((store) => `the set has no artifact of store ${store}`),
    ...manifest.artifacts.flatMap((artifact) => {
      const size = sizes.get(artifact.key);
      if (size === undefined) return [`artifact ${artifact.key} is missing`];
      return size === artifact.stored.sizeBytes
        ? []
        : [`artifact ${artifact.key} has ${size} bytes, the manifest says ${artifact.stored.sizeBytes}`];
    }),
  ];
}

export function engineProblems(manifest: Manifest, engines: Readonly<Record<string, string>>): string[] {
  return manifest.stores.flatMap(({ store, version }) => {
    const engine = engines[store];
    return engine !== undefined && compareVersions(version, engine) > 0
      ? [
          `store ${store} was captured by version ${version}, the instance runs ${engine}: an older engine cannot read it`,
        ]
      : [];
  });
}

function roomProblems(manifest: Manifest, observed: RestoreObservation): string[] {
  // Sealed and unsealed files in staging, then the loaded stores: three times the source covers them and indexes.
  const needed = 3 * stagingBytes(manifest);
  return present(
    needed > observed.diskFreeBytes &&
      `a second copy needs ${readableBytes(needed)} of disk; ${readableBytes(observed.diskFreeBytes)} are free`,
    observed.memoryNeededBytes > observed.memoryFreeBytes &&
      `stores side by side need ${readableBytes(observed.memoryNeededBytes)} of memory; ${readableBytes(observed.memoryFreeBytes)} are free`,
  );
}

function safetyProblems(stores: Readonly<Record<string, StoreHealth>>): string[] {
  return Object.entries(stores)
    .filter(([, health]) => health !== 'healthy')
    .map(
      ([store, health]) =>
        `store ${store} is ${health}, so no safety set can be taken: pass skipSafetySet with a reason to go without`,
    );
}

/** A sealed set is of no use on a host that cannot open it. */
export function keyProblems(
  manifest: Manifest,
  { record, canDecrypt }: Pick<RestoreObservation, 'record' | 'canDecrypt'>,
): string[] {
  return manifest.encryption.kind === 'age' && !canDecrypt
    ? [`host ${record.host} has no age identity; give its worker DRYDOCK_AGE_IDENTITY_FILE`]
    : [];
}

export function stagingBytes(manifest: Manifest): number {
  return manifest.artifacts.reduce((sum, artifact) => sum + artifact.source.sizeBytes, 0);
}
