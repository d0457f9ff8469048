import type { Colour } from '../../contracts/ids.ts';
import type { ComposeProject } from '../../drivers/compose/compose.ts';
import type { ContainerView } from '../../drivers/docker/container-runtime.ts';
import type { InstanceDirectories } from '../../drivers/instance-directory/instance-directory.ts';
import { instanceLabels } from '../../model/instance/labels.ts';
import { generationProject, isProjectOf, projectName, releaseDirectory } from '../../model/instance/names.ts';

/** Compose project of what serves. A resource there without the instance's label belongs to somebody else. */
export function servingProject(directories: InstanceDirectories, instance: string): ComposeProject {
  return { name: projectName(instance), directory: directories.path(instance), labels: instanceLabels(instance) };
}

/** The same project for the release beside the serving one, by that release's own Compose file. */
export function releaseProject(directories: InstanceDirectories, instance: string, colour: Colour): ComposeProject {
  const at = releaseDirectory(colour);
  const files = { file: `${at}/docker-compose.yml`, envFile: `${at}/.env` };
  return { ...servingProject(directories, instance), ...files };
}

/** Compose project of a generation that is built beside the serving one. */
export function builtProject(directories: InstanceDirectories, instance: string, generation: number): ComposeProject {
  const directory = directories.path(instance, generationDirectory(generation));
  return { name: generationProject(instance, generation), directory, labels: instanceLabels(instance) };
}

/** Compose projects of the instance among those of some containers: what serves, and generations beside it. */
export function projectsAmong(
  directories: InstanceDirectories,
  instance: string,
  views: readonly ContainerView[],
): ComposeProject[] {
  const names = new Set(views.map(({ labels }) => labels['com.docker.compose.project'] ?? ''));
  const own = [...names].filter((name) => isProjectOf(instance, name));
  return own.map((name) => ({ ...servingProject(directories, instance), name }));
}

/** Relative directory of a generation that does not serve: its Compose project. */
export function generationDirectory(generation: number): string {
  return `.drydock/generations/g${generation}`;
}

/** Relative directory of the release of a drill: its blueprint and its `.env`. */
export function drillRelease(generation: number): string {
  return `${generationDirectory(generation)}/release`;
}
