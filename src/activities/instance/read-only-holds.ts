import { z } from 'zod';
import { type EdgeMode, Instant } from '../../contracts/ids.ts';
import type { InstanceDirectories } from '../../drivers/instance-directory/instance-directory.ts';
import { readNote, writeNote } from '../../drivers/notes.ts';

const holdsFile = '.drydock/read-only.json';

/** Somebody who keeps an instance read-only: the operator, or a run by its workflow id. */
const ReadOnlyHold = z.strictObject({ by: z.string(), reason: z.string(), since: Instant });
type ReadOnlyHold = z.infer<typeof ReadOnlyHold>;

/** Who keeps the instance read-only. Each hold lasts until it is released, also beyond the end of a procedure. */
export async function readOnlyHolds(directories: InstanceDirectories, instance: string): Promise<ReadOnlyHold[]> {
  return (await readNote(directories.path(instance, holdsFile), z.array(ReadOnlyHold))) ?? [];
}

/** Replaces the list; removes the file if nobody holds. */
export async function writeHolds(
  directories: InstanceDirectories,
  instance: string,
  holds: readonly ReadOnlyHold[],
): Promise<void> {
  if (holds.length === 0) return directories.removePath(instance, holdsFile);
  await writeNote(directories.path(instance, holdsFile), holds);
}

/** Mode of the edge while no procedure is at work. */
export async function restingMode(directories: InstanceDirectories, instance: string): Promise<EdgeMode> {
  return (await readOnlyHolds(directories, instance)).length > 0 ? 'read-only' : 'open';
}
