import type { Identity, SetId } from '../../contracts/ids.ts';
import type { LeftAlone } from '../../contracts/retention.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import { judge } from '../../model/catalogue/evidence.ts';
import type { RetentionObservation } from '../../model/catalogue/retention-observation.ts';
import { manifestKey, setPrefix, setsPrefix } from '../../model/instance/names.ts';
import { inBatches } from '../attempt/in-batches.ts';
import { reportProgress } from '../attempt/step-context.ts';
import { chainOf } from './evidence.ts';
import { readManifestFile } from './manifests.ts';
import { hasArtifactShape, type ListedObject, proveOurs, setOfKey } from './set-ownership.ts';

type Survey = Pick<RetentionObservation, 'sets' | 'unreadable' | 'fragments' | 'uploads' | 'leftAlone'>;

/** Every object below the sets of an instance, each either proven ours or somebody else's. */
export async function surveySets(objects: ObjectStore, of: Identity): Promise<Survey> {
  const { below, foreign } = await listSetObjects(objects, of);
  const found = { sets: [], unreadable: [], fragments: [], ...(await surveyUploads(objects, of)) } as Writable;
  found.leftAlone.unshift(...foreign.map((object) => alone(object, 'is not part of a recovery set')));
  const ids = [...below.keys()];
  const parts = await inBatches(
    ids,
    (set) => surveySet(objects, of, set, below.get(set) ?? []),
    (progress) => reportProgress({ ...progress, what: 'sets' }),
  );
  for (const part of parts) for (const list of lists) (found[list] as unknown[]).push(...(part[list] ?? []));
  return found;
}

type Writable = { -readonly [Part in keyof Survey]: Survey[Part][number][] };
const lists = ['sets', 'unreadable', 'fragments', 'leftAlone'] as const;

/** Objects by the set that they lie below, and the objects below no set. */
export async function listSetObjects(
  objects: ObjectStore,
  of: Identity,
): Promise<{ below: Map<SetId, ListedObject[]>; foreign: ListedObject[] }> {
  const below = new Map<SetId, ListedObject[]>();
  const foreign: ListedObject[] = [];
  for await (const object of objects.list(setsPrefix(of))) {
    const set = setOfKey(of, object.key);
    if (set === undefined) foreign.push(object);
    else below.set(set, [...(below.get(set) ?? []), object]);
  }
  return { below, foreign };
}

async function surveySet(
  objects: ObjectStore,
  of: Identity,
  set: SetId,
  listed: readonly ListedObject[],
): Promise<Partial<Survey>> {
  const read = await readOurManifest(objects, of, set, listed);
  if ('problem' in read) return { unreadable: [{ set, problem: read.problem, ...sizeOf(listed) }] };
  const { manifest, sha256 } = read.file ?? {};
  const { ours, foreign, removal } = await proveOurs(objects, { of, set, manifest }, listed);
  const why = manifest === undefined ? 'cannot be proven ours' : `is not named by the manifest of set ${set}`;
  const leftAlone = foreign.map((object) => alone(object, why));
  if (manifest === undefined || sha256 === undefined) {
    if (ours.length === 0) return { leftAlone };
    const newestAt = new Date(Math.max(...ours.map(({ modifiedAt }) => modifiedAt.getTime()))).toISOString();
    const from = removal === undefined ? 'backup' : 'removal';
    return { fragments: [{ set, ...sizeOf(ours), newestAt, from }], leftAlone };
  }
  const { createdAt, blueprint, withoutStores } = manifest;
  const stores = manifest.stores.map(({ store }) => store);
  const { verifiedAt } = judge(await chainOf(objects, { of, set, manifest: sha256 }));
  return { sets: [{ set, createdAt, stores, withoutStores, blueprint, ...sizeOf(ours), verifiedAt }], leftAlone };
}

/** No manifest, a manifest of ours, or the reason why the manifest is not ours. */
export async function readOurManifest(
  objects: ObjectStore,
  of: Identity,
  set: SetId,
  listed: readonly ListedObject[],
): Promise<{ file: Awaited<ReturnType<typeof readManifestFile>> | undefined } | { problem: string }> {
  if (!listed.some(({ key }) => key === manifestKey(of, set))) return { file: undefined };
  try {
    const file = await readManifestFile(objects, of, set);
    const outside = file.manifest.artifacts.find(({ key }) => !key.startsWith(setPrefix(of, set)));
    return outside === undefined ? { file } : { problem: `its manifest names ${outside.key}, outside of the set` };
  } catch (error) {
    if (!(error instanceof DrydockError) || error.code !== 'damaged') throw error;
    return { problem: [error.message, ...error.problems.slice(0, 3)].join('; ') };
  }
}

async function surveyUploads(objects: ObjectStore, of: Identity): Promise<Pick<Writable, 'uploads' | 'leftAlone'>> {
  const found: Pick<Writable, 'uploads' | 'leftAlone'> = { uploads: [], leftAlone: [] };
  for await (const { key, uploadId, initiatedAt } of objects.uploads(setsPrefix(of))) {
    const set = setOfKey(of, key);
    if (set !== undefined && hasArtifactShape(of, set, key)) {
      found.uploads.push({ set, key, uploadId, initiatedAt: initiatedAt.toISOString() });
    } else found.leftAlone.push({ what: key, why: 'is an unfinished upload of another tool', sizeBytes: 0 });
  }
  return found;
}

function sizeOf(listed: readonly ListedObject[]): { objects: number; sizeBytes: number } {
  return { objects: listed.length, sizeBytes: listed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

function alone({ key, sizeBytes }: ListedObject, why: string): LeftAlone {
  return { what: key, why, sizeBytes };
}
