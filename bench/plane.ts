import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from '../src/client/embedded/home.ts';
import { embeddedBucket } from '../src/client/embedded/object-store.ts';
import { killProcess, readEmbedded } from '../src/client/embedded/plane.ts';
import { run, say } from './command.ts';

/** A control plane of our own: its home below a temporary directory, its ports free ones. */
export interface Plane {
  home: string;
  /** For what is written while something is measured; on the disk the home is on. */
  work: string;
  root: string;
  /** Of rclone, for the gateway of this plane. */
  remote: { name: string; env: Record<string, string> };
  rclone: string;
  recipient: string;
  identity: string;
}

export async function startPlane(root: string): Promise<Plane> {
  const directory = await mkdtemp(join(tmpdir(), 'drydock-bench-'));
  const home = join(directory, 'home');
  const temporal = await freeRange(10);
  const [ui, s3] = await freePorts(2);
  const ports = ['--temporal-port', temporal, '--ui-port', ui, '--s3-port', s3].map(String);
  await run(join(root, 'drydock'), ['up', ...ports], { env: { DRYDOCK_HOME: home } });
  const embedded = readEmbedded(home);
  if (embedded === undefined) throw new Error(`${home} is no home`);
  const identity = embedded.home.identity;
  const recipient = (await run('age-keygen', ['-y', identity])).trim();
  const remote = {
    name: 'byhand:by-hand',
    env: await remoteOf(embedded.home.objectStoreKeys, embedded.objectStoreUrl),
  };
  const rclone = await rcloneVersion(remote.env);
  say(`control plane in ${home}, bucket ${embeddedBucket} at ${embedded.objectStoreUrl}`);
  return { home, work: join(directory, 'work'), root, remote, rclone, recipient, identity };
}

/** Older ones, as stable distributions have them, hash three times slower: they would flatter the comparison. */
async function rcloneVersion(env: Record<string, string>): Promise<string> {
  const first = (await run('rclone', ['version'], { env })).split('\n')[0] ?? '';
  const [, major = 0, minor = 0] = /v(\d+)\.(\d+)/.exec(first) ?? [];
  if (Number(major) > 1 || Number(minor) >= 70) return first;
  throw new Error(`${first} is too old for a fair comparison: put 1.70 or newer into the PATH`);
}

/** One command of Drydock, as an operator types it; returns what it reports. */
export async function drydock<Report>(plane: Plane, ...args: string[]): Promise<Report> {
  const answer = await run(join(plane.root, 'drydock'), [...args, '--json'], { env: { DRYDOCK_HOME: plane.home } });
  return (JSON.parse(answer) as { result: Report }).result;
}

/** A host worker that has not worked yet, so that the peak of its memory belongs to what comes next. */
export async function renewHostWorker(plane: Plane): Promise<number> {
  await killProcess(plane.home, 'host-worker');
  await run(join(plane.root, 'drydock'), ['up'], { env: { DRYDOCK_HOME: plane.home } });
  const { pid } = JSON.parse(await readFile(join(plane.home, 'run', 'host-worker.json'), 'utf8')) as { pid: number };
  return pid;
}

/** Stops the plane and removes everything below its directory. */
export async function removePlane(plane: Plane): Promise<void> {
  await run(join(plane.root, 'drydock'), ['down'], { env: { DRYDOCK_HOME: plane.home } });
  await rm(join(plane.home, '..'), { recursive: true, force: true });
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports = servers.map(
    (server) => new Promise<number>((resolve) => server.once('listening', () => resolve(portOf(server)))),
  );
  const found = await Promise.all(ports);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return found;
}

/** The first of some neighbouring ports: Temporal takes them all. Below those the system hands out by itself. */
async function freeRange(length: number): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const first = 20_000 + Math.floor(Math.random() * 1_000) * length;
    const free = await Promise.all(Array.from({ length }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${length} neighbouring ports are free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Parts of 16 MiB, four at a time, as Drydock sends them. */
async function remoteOf(keyFile: string, endpoint: string): Promise<Record<string, string>> {
  const keys = JSON.parse(await readFile(keyFile, 'utf8')) as { accessKeyId: string; secretAccessKey: string };
  const settings = {
    TYPE: 's3',
    PROVIDER: 'Other',
    ENDPOINT: endpoint,
    FORCE_PATH_STYLE: 'true',
    ACCESS_KEY_ID: keys.accessKeyId,
    SECRET_ACCESS_KEY: keys.secretAccessKey,
    CHUNK_SIZE: '16M',
    UPLOAD_CONCURRENCY: '4',
    // What arrives is compared by reading it back; the signatures cover every part as well.
    DISABLE_CHECKSUM: 'true',
  };
  const named = Object.entries(settings).map(([name, value]) => [`RCLONE_CONFIG_BYHAND_${name}`, value]);
  const PATH = `${join(cacheDirectory(process.env), 'bin')}:${process.env['PATH']}`;
  return { ...Object.fromEntries(named), RCLONE_CONFIG: '/dev/null', AWS_CA_BUNDLE: '', PATH };
}
