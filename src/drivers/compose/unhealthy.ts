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
 * One sentence for every container that kept `up` from succeeding, with the end of its log. Only those that were asked
 * for, or that Compose named, count: another service of the project may have been broken before.
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
  // One that is still starting only counts when Compose gave up waiting for it; otherwise something else went wrong.
  const waitedInVain = /not healthy after|deadline exceeded|timeout/i.test(said);
  const cannotBegin = /OCI runtime create failed/.test(said);
  const guilty = containers
    .filter(
      (container) =>
        isUnhealthy(container) ||
        (waitedInVain && container.Health === 'starting') ||
        // Neither would be another one at the next try: one that ends well before its time, and one whose program is not there.
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
