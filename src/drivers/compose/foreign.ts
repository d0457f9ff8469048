import { DrydockError } from '../../errors.ts';
import type { ComposeProject } from './compose.ts';
import { listed, type RunDocker } from './listing.ts';

/** A project is found by name, which proves nothing: `not-ours` names containers and networks without the labels. */
export async function refuseForeign(docker: RunDocker, project: ComposeProject, verb: string): Promise<void> {
  const [containers, networks] = await Promise.all([
    foreign(docker, project, ['ps', '--all'], '{{.Names}}'),
    foreign(docker, project, ['network', 'ls'], '{{.Name}}'),
  ]);
  const problems = [...containers.map((name) => `container ${name}`), ...networks.map((name) => `network ${name}`)];
  if (problems.length === 0) return;
  const labels = Object.entries(project.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
  throw new DrydockError(
    'not-ours',
    `${verb} project ${project.name}: ${problems.length} in it do not carry ${labels}`,
    {
      problems,
      next: 'find out whose they are; remove them by hand, or give them another project',
    },
  );
}

/** One listing with the labels in it: of two, a container that is removed in between would be in the first alone. */
async function foreign(
  docker: RunDocker,
  { name: project, labels }: ComposeProject,
  list: readonly string[],
  name: string,
): Promise<string[]> {
  const format = [name, ...Object.keys(labels).map((key) => `{{.Label "${key}"}}`)].join('\t');
  const filter = `label=com.docker.compose.project=${project}`;
  const rows = await listed(docker, [...list, '--filter', filter, '--format', format]);
  return rows.flatMap((row) => {
    const [found = '', ...values] = row.split('\t');
    return Object.values(labels).every((value, index) => values[index] === value) ? [] : [found];
  });
}
