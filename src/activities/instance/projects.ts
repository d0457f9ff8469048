import type { Colour, Identity } from '../../contracts/ids.ts';
import type { ComposeProject } from '../../drivers/compose/compose.ts';
import type { ContainerView } from '../../drivers/docker/container-runtime.ts';
import type { InstanceDirectories } from '../../drivers/instance-directory/instance-directory.ts';
import { instanceLabels } from '../../model/instance/labels.ts';
import { generationProject, isProjectOf, projectName, releaseDirectory } from '../../model/instance/names.ts';

/** Compose project of what serves. A resource there without the instance's label belongs to somebody else. */
export function servingProject(directories: InstanceDirectories, of: Identity): ComposeProject {
  const { instance } = of;
  return { name: projectName(instance), directory: directories.path(instance), labels: instanceLabels(of) };
}

/** The same project for the release beside the serving one, by that release's own Compose file. */
export function releaseProject(directories: InstanceDirectories, of: Identity, colour: Colour): ComposeProject {
  const at = releaseDirectory(colour);
  const files = { file: `${at}/docker-compose.yml`, envFile: `${at}/.env` };
  return { ...servingProject(directories, of), ...files };
}

/** Compose project of a generation that is built beside the serving one. */
export function builtProject(directories: InstanceDirectories, of: Identity, generation: number): ComposeProject {
  const { instance } = of;
  const directory = directories.path(instance, generationDirectory(generation));
  return { name: generationProject(instance, generation), directory, labels: instanceLabels(of) };
}

/** Compose projects of the instance among those of some containers: what serves, and generations beside it. */
export function projectsAmong(
  directories: InstanceDirectories,
  of: Identity,
  views: readonly ContainerView[],
): ComposeProject[] {
  const names = new Set(views.map(({ labels }) => labels['com.docker.compose.project'] ?? ''));
  const own = [...names].filter((name) => isProjectOf(of.instance, name));
  return own.map((name) => ({ ...servingProject(directories, of), name }));
}

/** Relative directory of a generation that does not serve: its Compose project. */
export function generationDirectory(generation: number): string {
  return `.drydock/generations/g${generation}`;
}

/** Relative directory of the release of a drill: its blueprint and its `.env`. */
export function drillRelease(generation: number): string {
  return `${generationDirectory(generation)}/release`;
}
