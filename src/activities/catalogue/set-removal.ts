import type { Identity, SetId } from '../../contracts/ids.ts';
import type { Removal } from '../../contracts/retention.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import { manifestKey, removalKey, setPrefix } from '../../model/instance/names.ts';
import { type ListedObject, proveOurs, type RemovalNote } from './set-ownership.ts';
import { readOurManifest } from './set-survey.ts';

interface Wanted {
  readonly of: Identity;
  readonly set: SetId;
  readonly reasons: string[];
  /** `keep`: the plan found no manifest; if there is one now, nothing is removed. */
  readonly manifest: 'remove' | 'keep';
}

/**
 * Removes our objects below a set, in this order: a note that lists them is written, then the manifest goes, the rest,
 * the note. A kill at any moment leaves the set whole, or no set and a note of what is left. Objects of others stay.
 */
export async function removeBelow(objects: ObjectStore, wanted: Wanted): Promise<Removal> {
  const { of, set } = wanted;
  const what = wanted.manifest === 'remove' ? `set ${set}` : `artifacts of ${set}`;
  const before = await listBelow(objects, wanted);
  const read = await readOurManifest(objects, of, set, before);
  if ('problem' in read) return { what, outcome: 'kept', removedBytes: 0, problems: [read.problem] };
  const manifest = read.file?.manifest;
  if (manifest !== undefined && wanted.manifest === 'keep') {
    return { what, outcome: 'kept', removedBytes: 0, problems: ['its manifest was written after the plan was made'] };
  }
  const { ours } = await proveOurs(objects, { of, set, manifest }, before);
  const [first, note] = [manifestKey(of, set), removalKey(of, set)];
  const rest = ours.map(({ key }) => key).filter((key) => key !== first && key !== note);

  if (manifest !== undefined) {
    await writeNote(objects, wanted, rest);
    const problems = await tryToRemove(objects, [first]);
    if ((await objects.head(first)) !== undefined) {
      await tryToRemove(objects, [note]);
      return { what, outcome: 'refused', removedBytes: 0, problems };
    }
  }
  const problems = await tryToRemove(objects, rest);
  const there = new Set((await listBelow(objects, wanted)).map(({ key }) => key));
  const left = rest.filter((key) => there.has(key));
  if (left.length === 0 && there.has(note)) problems.push(...(await tryToRemove(objects, [note])));
  const removed = ours.filter(({ key }) => key !== note && !left.includes(key));
  const removedBytes = removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { what, outcome: problems.length === 0 ? 'removed' : 'partly-removed', removedBytes, problems };
}

async function listBelow(objects: ObjectStore, { of, set }: Wanted): Promise<ListedObject[]> {
  return Array.fromAsync(objects.list(setPrefix(of, set)));
}

async function writeNote(objects: ObjectStore, { of, set, reasons }: Wanted, keys: string[]): Promise<void> {
  const at = new Date().toISOString();
  const note: RemovalNote = { format: 'drydock-removal/1', ...of, set, at, reasons, keys };
  await objects.put(removalKey(of, set), `${JSON.stringify(note, null, 2)}\n`, { ifAbsent: false });
}

/** Returns what the store forbids to remove; throws if the store is away, so that the step is tried again. */
async function tryToRemove(objects: ObjectStore, keys: readonly string[]): Promise<string[]> {
  try {
    await objects.remove(keys);
    return [];
  } catch (error) {
    if (!(error instanceof DrydockError) || error.code !== 'refused') throw error;
    return error.problems.length > 0 ? [...error.problems] : [error.message];
  }
}
