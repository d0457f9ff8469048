import { z } from 'zod';
import { BlueprintRef, Colour, Generation, Instant, Sha256 } from '../../contracts/ids.ts';
import type { InstanceDirectories } from '../../drivers/instance-directory/instance-directory.ts';
import { readNote, writeNote } from '../../drivers/notes.ts';
import { releaseDirectory } from '../../model/instance/names.ts';

const Side = z.strictObject({
  blueprint: z.strictObject({ ref: BlueprintRef, digest: Sha256 }),
  colour: Colour,
  generation: Generation,
});
export type ReleaseSide = z.infer<typeof Side>;

/**
 * `release.json` beside the files of a release that does not serve: this release, and the one it changes places with.
 */
export const ReleaseNote = z.strictObject({
  /** Hash of the plan that the newer release of the two was prepared for. */
  plan: Sha256,
  /** Workflow id of the upgrade that prepared the newer release. */
  by: z.string(),
  own: Side,
  other: Side,
  /** Files of the instance that came with the newer release. */
  brought: z.strictObject({ by: Colour, files: z.array(z.string()) }),
  /** Which of the two was kept for the way back before they changed places, and until when. */
  kept: z.strictObject({ colour: Colour, until: Instant }).optional(),
});
export type ReleaseNote = z.infer<typeof ReleaseNote>;

export async function readReleaseNote(
  directories: InstanceDirectories,
  instance: string,
  colour: Colour,
): Promise<ReleaseNote | undefined> {
  return readNote(directories.path(instance, releaseDirectory(colour), 'release.json'), ReleaseNote);
}

export async function writeReleaseNote(
  directories: InstanceDirectories,
  instance: string,
  note: ReleaseNote,
): Promise<void> {
  await writeNote(directories.path(instance, releaseDirectory(note.own.colour), 'release.json'), note);
}

/** The same two releases, seen from the other one. */
export function fromTheOther(note: ReleaseNote): ReleaseNote {
  return { ...note, own: note.other, other: note.own };
}
