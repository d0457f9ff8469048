import { type Identity, SetId, type Sha256 } from '../../contracts/ids.ts';
import type { Manifest, SetSummary } from '../../contracts/manifest.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import { type EvidenceChain, judge } from '../../model/catalogue/evidence.ts';
import { setsPrefix } from '../../model/instance/names.ts';
import { storedBytes } from '../../model/sets/stored-bytes.ts';
import { inBatches, type ReportBatches } from '../attempt/in-batches.ts';
import { chainOf } from './evidence.ts';
import { type ManifestReader, readManifestFile } from './manifests.ts';

/** A set in the bucket: what it holds, and what is proven of it. */
export interface KnownSet {
  readonly manifest: Manifest;
  /** Digest of the object that holds the manifest. */
  readonly sha256: Sha256;
  readonly chain: EvidenceChain;
}

interface KnownSets {
  /** Newest first. */
  readonly sets: KnownSet[];
  /** Why some listed sets cannot be read: `damaged`, or `not-found` because retention has just removed the set. */
  readonly unread: DrydockError[];
}

/** Every set of an instance: a damaged set does not hide the others. */
export async function knownSets(
  objects: ObjectStore,
  of: Identity,
  { read = readManifestFile, report }: { read?: ManifestReader; report?: ReportBatches } = {},
): Promise<KnownSets> {
  const found = await inBatches(
    await setIds(objects, of),
    (set) => knownSet(objects, of, set, read).catch(unreadable),
    report,
  );
  return {
    sets: found.flatMap((one) => (one instanceof DrydockError ? [] : [one])),
    unread: found.filter((one) => one instanceof DrydockError),
  };
}

async function knownSet(objects: ObjectStore, of: Identity, set: SetId, read: ManifestReader): Promise<KnownSet> {
  const { manifest, sha256 } = await read(objects, of, set);
  return { manifest, sha256, chain: await chainOf(objects, { of, set, manifest: sha256 }) };
}

function unreadable(error: unknown): DrydockError {
  if (error instanceof DrydockError && ['damaged', 'not-found'].includes(error.code)) return error;
  throw error;
}

/** Ids of the sets of an instance, newest first: an id begins with its time. Skips objects under any other name. */
export async function setIds(objects: ObjectStore, of: Identity): Promise<SetId[]> {
  const ids: SetId[] = [];
  for await (const { key } of objects.list(setsPrefix(of))) {
    const id = key.endsWith('/manifest.json') ? SetId.safeParse(key.split('/').at(-2)) : undefined;
    if (id?.success) ids.push(id.data);
  }
  return ids.sort().reverse();
}

/** One line of a list of sets: the set, and what its evidence says of it. */
export function summaryOf({ manifest, chain }: KnownSet): SetSummary {
  const { set, instance, id, reason, createdAt, withoutStores } = manifest;
  return {
    ...{ set, instance, id, reason, createdAt },
    blueprint: manifest.blueprint.ref,
    sizeBytes: storedBytes(manifest.artifacts),
    encrypted: manifest.encryption.kind === 'age',
    stores: manifest.stores.map(({ store }) => store),
    withoutStores,
    ...judge(chain),
  };
}
