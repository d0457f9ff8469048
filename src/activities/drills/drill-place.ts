import { z } from 'zod';
import { Generation, type Identity, SetId } from '../../contracts/ids.ts';
import type { InstanceDirectories } from '../../drivers/instance-directory/instance-directory.ts';
import { isThere, readNote } from '../../drivers/notes.ts';
import { DrydockError } from '../../errors.ts';
import { generationLabels } from '../../model/instance/labels.ts';
import { drillNoteFile, generationProject } from '../../model/instance/names.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { builtProject, generationDirectory } from '../instance/projects.ts';
import { contentsFile, migrationsFile } from '../instance/store-locations.ts';

/** `.drydock/drill.json` while a drill runs: everything that must be removed, whichever run removes it. */
export const DrillNote = z.strictObject({
  /** Workflow id of the drill. */
  by: z.string(),
  set: SetId,
  generation: Generation,
  staging: z.string(),
  /** Images that were not on the host before the drill, noted before they are pulled. */
  images: z.array(z.string()),
});
export type DrillNote = z.infer<typeof DrillNote>;

export async function readDrillNote(
  directories: InstanceDirectories,
  instance: string,
): Promise<DrillNote | undefined> {
  return readNote(directories.path(instance, drillNoteFile), DrillNote);
}

/** Removes all of a drill but its note; succeeds if nothing is there. Refuses a generation that serves or is kept. */
export async function removeDrillPlace(drivers: HostDrivers, of: Identity, note: DrillNote): Promise<void> {
  const { directories, containers, compose } = drivers;
  const { instance } = of;
  const { generation } = note;
  if (await isTaken(directories, instance, generation)) {
    throw new DrydockError(
      'refused',
      `remove the drill of ${instance}: generation ${generation} does not belong to a drill`,
    );
  }
  const labels = generationLabels(of, generation);
  await compose.down(builtProject(directories, of, generation), signalOfStep());
  // Tools whose worker was killed keep running, and keep the volumes in use.
  for (const { name } of await containers.containers(labels)) await containers.removeContainer(name, labels);
  for (const { name } of await containers.volumes(labels)) await containers.removeVolume(name, labels);
  for (const { name } of await containers.networks(labels)) await containers.removeNetwork(name, labels);
  for (const path of pathsOf(note)) await directories.removePath(instance, path);
  for (const image of note.images) await removeImage(drivers, image);
}

/**
 * Removes a drill that its own run can no longer remove, and proves the removal. Keeps a generation that a later
 * procedure has built under the same number.
 */
export async function endDrill(drivers: HostDrivers, of: Identity, note: DrillNote): Promise<void> {
  const { directories } = drivers;
  const { instance } = of;
  if (!(await isTaken(directories, instance, note.generation))) {
    await removeDrillPlace(drivers, of, note);
    await proveDrillPlaceRemoved(drivers, of, note);
    return;
  }
  await directories.removePath(instance, stagingOf(note));
  for (const image of note.images) await removeImage(drivers, image);
  await directories.removePath(instance, drillNoteFile);
}

async function isTaken(directories: InstanceDirectories, instance: string, generation: number): Promise<boolean> {
  const record = await directories.record(instance);
  return [record, ...record.retired].some((taken) => taken.generation === generation);
}

/** Keeps an image that another container has begun to use meanwhile. */
async function removeImage({ containers }: HostDrivers, image: string): Promise<void> {
  if (!(await usesImage(containers, image))) await containers.removeImage(image);
}

async function usesImage(containers: HostDrivers['containers'], image: string): Promise<boolean> {
  const found = await containers.image(image);
  const views = await containers.containers({});
  return views.some((view) => view.image === image || view.imageId === found?.id);
}

/** Looks for what a drill leaves; `mismatch` lists what is still there. The note goes last: it ends the drill. */
export async function proveDrillPlaceRemoved(drivers: HostDrivers, of: Identity, note: DrillNote): Promise<string[]> {
  const { directories, containers } = drivers;
  const { instance } = of;
  const project = generationProject(instance, note.generation);
  const left: string[] = [];
  for (const labels of [generationLabels(of, note.generation), { 'com.docker.compose.project': project }]) {
    left.push(...(await containers.containers(labels)).map(({ name }) => `container ${name}`));
    left.push(...(await containers.volumes(labels)).map(({ name }) => `volume ${name}`));
    left.push(...(await containers.networks(labels)).map(({ name }) => `network ${name}`));
  }
  const paths = pathsOf(note).map((path) => directories.path(instance, path));
  for (const path of paths) if (await isThere(path)) left.push(`directory ${path}`);
  for (const image of note.images) {
    const there = (await containers.image(image)) !== undefined;
    if (there && !(await usesImage(containers, image))) left.push(`image ${image}`);
  }
  if (left.length > 0) {
    throw new DrydockError(
      'mismatch',
      `remove the drill of set ${note.set} of ${instance}: ${new Set(left).size} left`,
      {
        problems: [...new Set(left)],
        next: 'remove these by hand, or start another drill, which removes them first',
      },
    );
  }
  await directories.removePath(instance, drillNoteFile);
  return [
    `containers, volumes and networks of project ${project}`,
    ...paths.map((path) => `directory ${path}`),
    ...note.images.map((image) => `image ${image}, pulled for the drill`),
  ];
}

function pathsOf(note: DrillNote): string[] {
  const { generation } = note;
  return [generationDirectory(generation), migrationsFile(generation), contentsFile(generation), stagingOf(note)];
}

function stagingOf({ staging }: DrillNote): string {
  return `.drydock/staging/${staging}`;
}
