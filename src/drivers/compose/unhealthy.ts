import { lastLines, mask } from '../command.ts';
import type { RunCompose } from './compose-cli.ts';

const tailLines = 15;

interface Listed {
  Name: string;
  Service: string;
  State: string;
  Health: string;
  ExitCode: number;
  Status: string;
}

/**
 * One sentence for every container that made `up` fail, with the end of its log. Only requested services and those that
 * Compose named count: other services of the project may have been broken before.
 */
export async function unhealthyIn(
  compose: RunCompose,
  project: readonly string[],
  context: { services: readonly string[]; said: string; secrets: readonly string[] },
): Promise<string[]> {
  const { services, said, secrets } = context;
  const listed = await compose([...project, 'ps', '--all', '--format', 'json']);
  const containers = listed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Listed);
  // A container still starting counts only when Compose gave up waiting for it; otherwise the fault is elsewhere.
  const waitedInVain = /not healthy after|deadline exceeded|timeout/i.test(said);
  const cannotBegin = /OCI runtime create failed/.test(said);
  const guilty = containers
    .filter(
      (container) =>
        isUnhealthy(container) ||
        (waitedInVain && container.Health === 'starting') ||
        // Nor would the next try help when a container exits early or its program does not exist.
        said.includes(`container ${container.Name} exited`) ||
        (cannotBegin && container.State === 'created'),
    )
    .filter(({ Name, Service }) => services.length === 0 || services.includes(Service) || said.includes(Name));
  return Promise.all(
    guilty.map(async ({ Name, Service, Status }) => {
      const log = await compose([...project, 'logs', '--no-log-prefix', '--tail', String(tailLines), Service]);
      const tail = mask(lastLines(log, tailLines), secrets);
      return `${Service} (${Name}): ${Status}${tail === '' ? '' : `; its log ends: ${tail}`}`;
    }),
  );
}

function isUnhealthy({ State, Health, ExitCode }: Listed): boolean {
  if (State === 'exited') return ExitCode !== 0;
  return State === 'restarting' || State === 'dead' || Health === 'unhealthy';
}
