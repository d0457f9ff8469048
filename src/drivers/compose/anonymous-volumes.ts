import { z } from 'zod';
import type { ComposeProject } from './compose.ts';
import { listed, type RunDocker } from './listing.ts';

/** The engine's names for anonymous volumes. */
const withoutName = /^[0-9a-f]{64}$/;

const Containers = z.array(
  z.object({
    Config: z.object({ Volumes: z.record(z.string(), z.unknown()).nullish() }),
    Mounts: z.array(z.object({ Destination: z.string(), Name: z.string().optional() })),
  }),
);

/**
 * Runs `remove`, which removes containers of a project, and then their anonymous volumes: images declare such volumes
 * for paths that nobody mounted. The engine removes these volumes with their first container. When Compose recreates a
 * container, it passes them on as if they had a name, and nothing else would ever remove them.
 */
export async function withAnonymousVolumes(
  docker: RunDocker,
  project: ComposeProject,
  remove: () => Promise<void>,
  services?: readonly string[],
): Promise<void> {
  const volumes = await anonymousVolumes(docker, project, services);
  try {
    await remove();
  } finally {
    // Also after an interruption: removed containers are not found again. The others still keep their volumes.
    await removeUnused(docker, volumes);
  }
}

async function removeUnused(docker: RunDocker, volumes: readonly string[]): Promise<void> {
  if (volumes.length === 0) return;
  const unused = new Set(await listed(docker, ['volume', 'ls', '--quiet', '--filter', 'dangling=true']));
  const left = volumes.filter((volume) => unused.has(volume));
  if (left.length > 0) await docker(['volume', 'rm', '--force', ...left]);
}

async function anonymousVolumes(
  docker: RunDocker,
  project: ComposeProject,
  services: readonly string[] | undefined,
): Promise<string[]> {
  const label = `label=com.docker.compose.project=${project.name}`;
  const format = '{{.ID}} {{.Label "com.docker.compose.service"}}';
  const rows = await listed(docker, ['ps', '--all', '--no-trunc', '--filter', label, '--format', format]);
  const containers = rows.flatMap((line) => {
    const [id = '', service = ''] = line.split(' ');
    return services === undefined || services.includes(service) ? [id] : [];
  });
  if (containers.length === 0) return [];
  const inspected = Containers.parse(JSON.parse(await docker(['container', 'inspect', ...containers])));
  const names = inspected.flatMap(({ Config, Mounts }) =>
    Mounts.flatMap(({ Destination, Name = '' }) => (Destination in (Config.Volumes ?? {}) ? Name : [])),
  );
  return [...new Set(names)].filter((name) => withoutName.test(name));
}
