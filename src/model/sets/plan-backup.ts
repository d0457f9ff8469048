import type { BackupPlan, BackupRequest } from '../../contracts/backup.ts';
import type { Blueprint } from '../../contracts/blueprint.ts';
import type { SetId } from '../../contracts/ids.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import { DrydockError } from '../../errors.ts';
import { present } from '../../given.ts';
import { releaseServices, stopsWriting, writingServices } from '../instance/blueprint-stores.ts';
import { projectName } from '../instance/names.ts';
import { readableBytes } from '../words/bytes.ts';

export type StoreHealth = 'healthy' | 'starting' | 'unhealthy' | 'stopped' | 'absent';

/** The instance on its host before a backup begins. */
export interface BackupObservation {
  record: InstanceRecord;
  /** Health of every store service; `absent` without a container. */
  stores: Readonly<Record<string, StoreHealth>>;
  /** Image digest per store and release service. */
  images: Record<string, string>;
  /** Bytes that each captured store says it may need in staging, and inside the file system of its volume. */
  space: Readonly<Record<string, { stagingBytes: number; storeBytes: number }>>;
  stagingFreeBytes: number;
  storeFreeBytes: number;
  recipients: readonly string[];
}

/** `.env` holds every secret of the instance. Encrypted whole sets alone hold it: no instance comes from a capture. */
const environmentFile = '.env';

/** The requested stores, in the order of capture. */
export function chosenStores(
  { stores }: Pick<BackupRequest, 'stores'>,
  { backup }: Pick<Blueprint, 'backup'>,
): string[] {
  return stores === undefined ? backup.order : backup.order.filter((store) => stores.includes(store));
}

/**
 * The plan of a backup, or a refusal with every reason. A backup of some stores is a capture: writing stops only for a
 * store that cannot be captured while in use. If writing stops, everything needed to serve again must be healthy.
 */
export function planBackup(
  request: BackupRequest,
  blueprint: Blueprint,
  set: SetId,
  createdAt: string,
  observed: BackupObservation,
): Omit<BackupPlan, 'hash'> {
  const { record } = observed;
  const stores = chosenStores(request, blueprint);
  const without = blueprint.backup.order.filter((store) => !stores.includes(store));
  const isCapture = without.length > 0;
  const writes = isCapture && !stores.some((store) => stopsWriting(blueprint, store)) ? 'go on' : 'stopped';
  // A sealed copy lies beside the source until it is uploaded.
  const stagingBytes = 2 * Object.values(observed.space).reduce((sum, { stagingBytes: bytes }) => sum + bytes, 0);
  const storeBytes = Math.max(0, ...Object.values(observed.space).map(({ storeBytes: bytes }) => bytes));
  const problems = present(
    ...unknownStores(request, blueprint),
    ...Object.entries(observed.stores)
      .filter(([store, health]) => (writes === 'stopped' || stores.includes(store)) && health !== 'healthy')
      .map(([store, health]) => `store ${store} is ${health}`),
    ...(writes === 'go on' ? [] : releaseServices(blueprint, record.colour))
      .filter((service) => observed.images[service] === undefined)
      .map((service) => `service ${service} has no container`),
    stagingBytes > observed.stagingFreeBytes &&
      `staging needs up to ${readableBytes(stagingBytes)}; ${readableBytes(observed.stagingFreeBytes)} are free`,
    storeBytes > observed.storeFreeBytes &&
      `the stores need up to ${readableBytes(storeBytes)} for their own temporary files; ${readableBytes(observed.storeFreeBytes)} are free`,
  );
  if (problems.length > 0) {
    throw new DrydockError('refused', `plan a backup of ${record.instance}: refused`, {
      problems,
      next: 'nothing was touched; look at the instance with `drydock status` and `docker compose ps` in its directory',
    });
  }
  return {
    set,
    instance: record.instance,
    id: record.id,
    host: record.host,
    reason: request.reason,
    createdAt,
    project: projectName(record.instance),
    blueprint: record.blueprint,
    colour: record.colour,
    generation: record.generation,
    stores,
    ...(isCapture ? { withoutStores: without } : {}),
    writes,
    writers: writingServices(blueprint, record.colour),
    images: observed.images,
    recipients: [...observed.recipients],
    leftOut: isCapture || observed.recipients.length === 0 ? [environmentFile] : [],
    staging: `backup-${set}`,
    stagingBytes,
  };
}

function unknownStores({ stores = [] }: BackupRequest, { name, version, backup }: Blueprint): string[] {
  const unknown = [...new Set(stores)].filter((store) => !backup.order.includes(store));
  return unknown.map((store) => `${name}@${version} has no store ${store}; it has ${backup.order.join(', ')}`);
}
