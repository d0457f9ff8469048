import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { projectName } from '../src/model/instance/names.ts';
import { run, say } from './command.ts';
import { drydock, freePorts, type Plane } from './plane.ts';

/** An instance of the plane, named so that no other bench and no client has one of that name. */
export interface Instance {
  name: string;
  project: string;
  directory: string;
  /** How many concepts were generated into it. */
  concepts: number;
}

const blueprint = 'osmose@1.0.0';
const portNames = ['APP_PORT', 'FRONTEND_PORT', 'NEO4J_HTTP_PORT', 'NEO4J_BOLT_PORT', 'QDRANT_PORT'];
let made = 0;

export async function pushBlueprint(plane: Plane): Promise<void> {
  await run(join(plane.root, 'drydock'), ['blueprint', 'push', join(plane.root, 'blueprints', 'osmose')], {
    env: { DRYDOCK_HOME: plane.home },
  });
}

/** Not provisioned yet: the name is known, so that whatever comes to be of it can be removed. */
export function newInstance(plane: Plane): Instance {
  made += 1;
  const name = `bench-${process.pid}-${made}`;
  return { name, project: projectName(name), directory: join(plane.home, 'instances', name), concepts: 0 };
}

export async function provision(plane: Plane, { name }: Instance): Promise<void> {
  const ports = await freePorts(portNames.length);
  const settings = portNames.flatMap((port, index) => ['--set', `${port}=${ports[index]}`]);
  await drydock(plane, 'provision', name, '--blueprint', blueprint, ...settings);
}

/** Generates what is missing to this many concepts. Afterwards nothing of it is left to be written. */
export async function fillTo(instance: Instance, concepts: number, payloadBytes: number): Promise<void> {
  const more = concepts - instance.concepts;
  if (more <= 0) return;
  say(`fill ${instance.name}: ${more} more concepts of ${payloadBytes} bytes`);
  const range = ['--start', String(instance.concepts), '--concepts', String(more)];
  await inApp(instance, ['python', '-m', 'osmose.generate', ...range, '--payload-bytes', String(payloadBytes)]);
  instance.concepts = concepts;
  // Its next stop would write what it still holds in memory, and that would be measured. What asks it stops too: found
  // unhealthy without it, it would end the wait below.
  await run('docker', ['compose', 'stop', 'app-blue', 'worker-blue', 'neo4j'], { directory: instance.directory });
  await run('docker', ['compose', 'up', '--detach', '--wait'], { directory: instance.directory });
  await run('sync', []);
}

/** Bytes in the stores' volumes. */
export async function storedBytes({ project }: Instance): Promise<number> {
  const places = { neo4j: '/data/databases/neo4j', qdrant: '/qdrant/storage/collections', redis: '/data' };
  const sizes = Object.entries(places).map(async ([service, path]) => {
    const said = await run('docker', ['exec', `${project}-${service}-1`, 'du', '-sb', path]);
    return Number.parseInt(said, 10);
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

export async function decommission(plane: Plane, { name }: Instance): Promise<void> {
  await drydock(plane, 'decommission', name, '--confirm', name, '--skip-final-set', 'end of a measurement');
}

/** What is left of an instance in Docker, however it was left. */
export async function sweep(instance: Instance): Promise<void> {
  for (const project of [instance.project, `${instance.project}-by-hand`]) {
    await run('docker', ['compose', '--project-name', project, 'down', '--timeout', '5', '--remove-orphans']);
  }
  const label = `label=drydock.instance=${instance.name}`;
  await eachOf(['ps', '--all', '--quiet', '--filter', label], ['rm', '--force', '--volumes']);
  await eachOf(['network', 'ls', '--quiet', '--filter', label], ['network', 'rm']);
  await eachOf(['volume', 'ls', '--quiet', '--filter', label], ['volume', 'rm']);
  await eachOf(['volume', 'ls', '--quiet', '--filter', `name=${instance.project}-by-hand`], ['volume', 'rm']);
  await rm(instance.directory, { recursive: true, force: true });
}

async function eachOf(list: string[], act: string[]): Promise<void> {
  const found = (await run('docker', list)).split('\n').filter((line) => line !== '');
  if (found.length > 0) await run('docker', [...act, ...found]);
}

function inApp(instance: Instance, command: string[]): Promise<string> {
  return run('docker', ['compose', 'exec', '-T', 'app-blue', ...command], { directory: instance.directory });
}
