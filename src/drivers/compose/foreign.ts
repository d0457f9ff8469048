import { DrydockError } from '../../errors.ts';
import type { ComposeProject } from './compose.ts';

type RunDocker = (args: readonly string[]) => Promise<string>;

/** A project is found by name, which proves nothing: `not-ours` names containers and networks without the labels. */
export async function refuseForeign(docker: RunDocker, project: ComposeProject, verb: string): Promise<void> {
  const problems = [
    ...(await foreign(docker, project, ['ps', '--all'], '{{.Names}}')).map((name) => `container ${name}`),
    ...(await foreign(docker, project, ['network', 'ls'], '{{.Name}}')).map((name) => `network ${name}`),
  ];
  if (problems.length === 0) return;
  const labels = labelsOf(project).join(', ');
  throw new DrydockError(
    'not-ours',
    `${verb} project ${project.name}: ${problems.length} in it do not carry ${labels}`,
    {
      problems,
      next: 'find out whose they are; remove them by hand, or give them another project',
    },
  );
}

async function foreign(
  docker: RunDocker,
  project: ComposeProject,
  list: readonly string[],
  name: string,
): Promise<string[]> {
  const inProject = ['--filter', `label=com.docker.compose.project=${project.name}`, '--format', name];
  const all = lines(await docker([...list, ...inProject]));
  if (all.length === 0) return [];
  const labelled = labelsOf(project).flatMap((label) => ['--filter', `label=${label}`]);
  const ours = new Set(lines(await docker([...list, ...labelled, ...inProject])));
  return all.filter((found) => !ours.has(found));
}

function labelsOf({ labels }: ComposeProject): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${value}`);
}

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean);
}
