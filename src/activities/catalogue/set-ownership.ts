import { z } from 'zod';
import { Identity, ServiceName, SetId } from '../../contracts/ids.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { jsonIn } from '../../json.ts';
import { fullName, manifestKey, removalKey, setPrefix, setsPrefix } from '../../model/instance/names.ts';

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** `removal.json` below a set that is being removed: proves the set's artifacts ours after its manifest is gone. */
export const RemovalNote = z.strictObject({
  format: z.literal('drydock-removal/1'),
  ...Identity.shape,
  set: SetId,
  at: z.iso.datetime(),
  reasons: z.array(z.string()),
  keys: z.array(z.string()),
});
export type RemovalNote = z.infer<typeof RemovalNote>;

/** Every note that Drydock writes beside a set has these fields. */
const OurNote = z.looseObject({ format: z.string().startsWith('drydock-'), ...Identity.shape, set: z.string() });
const largestNoteBytes = 1024 * 1024;

/** The set that a key of an instance lies below; undefined if the key lies below no set. */
export function setOfKey(of: Identity, key: string): SetId | undefined {
  const below = setsPrefix(of);
  const [id = '', ...rest] = key.startsWith(below) ? key.slice(below.length).split('/') : [];
  const set = SetId.safeParse(id);
  return set.success && rest.length > 0 ? set.data : undefined;
}

/** `<store>/<file>` below a set, as `artifactKey` makes them. */
export function hasArtifactShape(of: Identity, set: string, key: string): boolean {
  const [store = '', name = '', ...more] = key.slice(setPrefix(of, set).length).split('/');
  return ServiceName.safeParse(store).success && /^[\w.-]+$/.test(name) && more.length === 0;
}

/**
 * Which objects below a set are Drydock's: its manifest and the artifacts named there, the keys in a removal note,
 * notes on this set, and artifacts that carry the digest of their upload. All other objects belong to others.
 */
export async function proveOurs(
  objects: ObjectStore,
  wanted: { of: Identity; set: SetId; manifest: Manifest | undefined },
  listed: readonly ListedObject[],
): Promise<{ ours: ListedObject[]; foreign: ListedObject[]; removal: RemovalNote | undefined }> {
  const { of, set, manifest } = wanted;
  const noteThere = listed.some(({ key }) => key === removalKey(of, set));
  const removal = noteThere ? await readRemoval(objects, of, set) : undefined;
  const named = new Set<string>(removal?.keys ?? []);
  if (removal !== undefined) named.add(removalKey(of, set));
  if (manifest !== undefined) {
    named.add(manifestKey(of, set));
    for (const { key } of manifest.artifacts) named.add(key);
  }
  const ours: ListedObject[] = [];
  const foreign: ListedObject[] = [];
  for (const object of listed) {
    const isOurs = named.has(object.key) || (await provesItself(objects, of, set, object));
    (isOurs ? ours : foreign).push(object);
  }
  return { ours, foreign, removal };
}

async function readRemoval(objects: ObjectStore, of: Identity, set: string): Promise<RemovalNote | undefined> {
  const note = RemovalNote.safeParse(jsonIn(await objects.getText(removalKey(of, set))));
  if (!note.success || fullName(note.data) !== fullName(of) || note.data.set !== set) return undefined;
  const below = setPrefix(of, set);
  return { ...note.data, keys: note.data.keys.filter((key) => key.startsWith(below)) };
}

async function provesItself(
  objects: ObjectStore,
  of: Identity,
  set: string,
  { key, sizeBytes }: ListedObject,
): Promise<boolean> {
  if (key === manifestKey(of, set)) return false; // A manifest that could be read is already known as ours.
  if (key.endsWith('.json') && sizeBytes <= largestNoteBytes) {
    const note = OurNote.safeParse(jsonIn(await objects.getText(key)));
    if (note.success) return fullName(note.data) === fullName(of) && note.data.set === set;
  }
  if (!hasArtifactShape(of, set, key)) return false;
  return /^[0-9a-f]{64}$/.test((await objects.head(key))?.sha256 ?? '');
}
