import { z } from 'zod';
import { ServiceName, SetId } from '../../contracts/ids.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { jsonIn } from '../../json.ts';
import { instancePrefix, manifestKey, removalKey, setPrefix } from '../../model/instance/names.ts';

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** `removal.json` below a set that is being removed: proves the set's artifacts ours after its manifest is gone. */
export const RemovalNote = z.strictObject({
  format: z.literal('drydock-removal/1'),
  instance: z.string(),
  set: SetId,
  at: z.iso.datetime(),
  reasons: z.array(z.string()),
  keys: z.array(z.string()),
});
export type RemovalNote = z.infer<typeof RemovalNote>;

/** Every note that Drydock writes beside a set has these fields. */
const OurNote = z.looseObject({ format: z.string().startsWith('drydock-'), instance: z.string(), set: z.string() });
const largestNoteBytes = 1024 * 1024;

/** The set that a key of an instance lies below; undefined if the key lies below no set. */
export function setOfKey(instance: string, key: string): SetId | undefined {
  const below = `${instancePrefix}${instance}/sets/`;
  const [id = '', ...rest] = key.startsWith(below) ? key.slice(below.length).split('/') : [];
  const set = SetId.safeParse(id);
  return set.success && rest.length > 0 ? set.data : undefined;
}

/** `<store>/<file>` below a set, as `artifactKey` makes them. */
export function hasArtifactShape(instance: string, set: string, key: string): boolean {
  const [store = '', name = '', ...more] = key.slice(setPrefix(instance, set).length).split('/');
  return ServiceName.safeParse(store).success && /^[\w.-]+$/.test(name) && more.length === 0;
}

/**
 * Which objects below a set are Drydock's: its manifest and the artifacts named there, the keys in a removal note,
 * notes on this set, and artifacts that carry the digest of their upload. All other objects belong to others.
 */
export async function proveOurs(
  objects: ObjectStore,
  of: { instance: string; set: SetId; manifest: Manifest | undefined },
  listed: readonly ListedObject[],
): Promise<{ ours: ListedObject[]; foreign: ListedObject[]; removal: RemovalNote | undefined }> {
  const { instance, set, manifest } = of;
  const noteThere = listed.some(({ key }) => key === removalKey(instance, set));
  const removal = noteThere ? await readRemoval(objects, instance, set) : undefined;
  const named = new Set<string>(removal?.keys ?? []);
  if (removal !== undefined) named.add(removalKey(instance, set));
  if (manifest !== undefined) {
    named.add(manifestKey(instance, set));
    for (const { key } of manifest.artifacts) named.add(key);
  }
  const ours: ListedObject[] = [];
  const foreign: ListedObject[] = [];
  for (const object of listed) {
    const isOurs = named.has(object.key) || (await provesItself(objects, instance, set, object));
    (isOurs ? ours : foreign).push(object);
  }
  return { ours, foreign, removal };
}

async function readRemoval(objects: ObjectStore, instance: string, set: string): Promise<RemovalNote | undefined> {
  const note = RemovalNote.safeParse(jsonIn(await objects.getText(removalKey(instance, set))));
  if (!note.success || note.data.instance !== instance || note.data.set !== set) return undefined;
  const below = setPrefix(instance, set);
  return { ...note.data, keys: note.data.keys.filter((key) => key.startsWith(below)) };
}

async function provesItself(
  objects: ObjectStore,
  instance: string,
  set: string,
  { key, sizeBytes }: ListedObject,
): Promise<boolean> {
  if (key === manifestKey(instance, set)) return false; // A manifest that could be read is already known as ours.
  if (key.endsWith('.json') && sizeBytes <= largestNoteBytes) {
    const note = OurNote.safeParse(jsonIn(await objects.getText(key)));
    if (note.success) return note.data.instance === instance && note.data.set === set;
  }
  if (!hasArtifactShape(instance, set, key)) return false;
  return /^[0-9a-f]{64}$/.test((await objects.head(key))?.sha256 ?? '');
}
