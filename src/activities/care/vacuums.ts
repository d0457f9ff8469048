import { z } from 'zod';
import { readNote, writeNote } from '../../drivers/notes.ts';
import type { Vacuum } from '../../stores/care.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import type { LocalInstance } from '../instance/instances.ts';
import { openRunning, serving, settingsFile } from '../instance/store-locations.ts';

const VacuumSettings = z.strictObject({ deletedThreshold: z.number(), minimumPoints: z.int() });
/** Settings by store, then by collection. */
const Kept = z.record(z.string(), z.record(z.string(), VacuumSettings));

/**
 * Notes a collection's settings on the host before they are changed. A note that is already there holds the true
 * settings: the run that wrote it died before it put them back.
 */
export async function keepVacuum(
  { directories }: HostDrivers,
  local: LocalInstance,
  { store, collection, vacuum }: { store: string; collection: string; vacuum: Vacuum },
): Promise<Vacuum> {
  const path = noteOf(directories, local);
  const kept = (await readNote(path, Kept)) ?? {};
  const earlier = kept[store]?.[collection];
  if (earlier !== undefined) return earlier;
  await writeNote(path, { ...kept, [store]: { ...kept[store], [collection]: vacuum } });
  return vacuum;
}

/** Puts back the settings of every changed collection and removes the notes. Returns what it had to put back. */
export async function restoreVacuums(drivers: HostDrivers, local: LocalInstance): Promise<string[]> {
  const { directories } = drivers;
  const kept = (await readNote(noteOf(directories, local), Kept)) ?? {};
  const done: string[] = [];
  for (const [store, collections] of Object.entries(kept)) {
    const open = await openRunning(drivers, local, store, serving(local));
    for (const [collection, vacuum] of Object.entries(collections)) {
      if ((await open.vacuum(collection)) === undefined) continue; // The collection was removed meanwhile.
      await open.setVacuum(collection, vacuum);
      done.push(`put the optimizer of collection ${collection} back`);
    }
  }
  await directories.removePath(local.record.instance, settingsFile(local.record.generation));
  return done;
}

function noteOf(directories: HostDrivers['directories'], { record }: LocalInstance): string {
  return directories.path(record.instance, settingsFile(record.generation));
}
