import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { z } from 'zod';
import type { Plane } from './plane.ts';

/** The world as `docker` itself shows it, so that a mistake of our drivers cannot hide here. */
const Inspected = z.object({
  Id: z.string(),
  Name: z.string(),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullable(), Cmd: z.array(z.string()).nullable() }),
  Args: z.array(z.string()),
  State: z.object({ Status: z.string(), Health: z.object({ Status: z.string() }).optional() }),
  Mounts: z.array(z.object({ Type: z.string(), Name: z.string().optional() })),
});

export interface ContainerState {
  id: string;
  /** Name without the project: `neo4j-1`. */
  name: string;
  /** `running healthy`, or another state. */
  state: string;
  labels: Record<string, string>;
  /** Program and arguments, as `ps` shows them on the host. */
  commandLine: string;
  /** Volumes, also anonymous volumes, which carry no label. */
  volumes: string[];
}

/** Everything Docker has of an instance, also one-off containers and generations being built. */
export interface Remains {
  containers: string[];
  volumes: string[];
  networks: string[];
}

export async function containersOf(instance: string): Promise<ContainerState[]> {
  const ids = await lines(['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=drydock.instance=${instance}`]);
  if (ids.length === 0) return [];
  const { stdout } = await execa('docker', ['inspect', ...ids]);
  const found = z.array(Inspected).parse(JSON.parse(stdout));
  return found
    .map(({ Id, Name, Config, Args, State, Mounts }) => ({
      id: Id,
      name: Name.slice(1).replace(`drydock-${instance}_serving-`, ''),
      state: [State.Status, State.Health?.Status].filter(Boolean).join(' '),
      labels: Config.Labels ?? {},
      commandLine: [...Args, ...(Config.Cmd ?? [])].join(' '),
      volumes: Mounts.flatMap(({ Name: volume }) => volume ?? []),
    }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

/** Container ids by name: equal before and after when nothing was made anew. */
export async function containerIds(instance: string): Promise<Record<string, string>> {
  return Object.fromEntries((await containersOf(instance)).map(({ name, id }) => [name, id]));
}

export async function volumesOf(instance: string): Promise<string[]> {
  return (await lines(['volume', 'ls', '--quiet', '--filter', `label=drydock.instance=${instance}`])).sort();
}

/** The given volumes that still exist. */
export async function volumesAmong(names: readonly string[]): Promise<string[]> {
  return (await lines(['volume', 'ls', '--quiet'])).filter((name) => names.includes(name));
}

export async function remainsOf(instance: string): Promise<Remains> {
  const label = `label=drydock.instance=${instance}`;
  return {
    containers: (await containersOf(instance)).map(({ name }) => name),
    volumes: await volumesOf(instance),
    networks: await lines(['network', 'ls', '--format', '{{.Name}}', '--filter', label]),
  };
}

export const nothing: Remains = { containers: [], volumes: [], networks: [] };

/** Expected state of each container of an instance that serves in blue. */
export const servingContainers: Record<string, string> = {
  'app-blue-1': 'running healthy',
  'edge-1': 'running',
  'frontend-blue-1': 'running healthy',
  'neo4j-1': 'running healthy',
  'qdrant-1': 'running healthy',
  'redis-1': 'running healthy',
  'worker-blue-1': 'running healthy',
};

export async function containerStates(instance: string): Promise<Record<string, string>> {
  return Object.fromEntries((await containersOf(instance)).map(({ name, state }) => [name, state]));
}

/** Files and directories that procedures have left in an instance's staging. */
export async function stagingOf(root: string, instance: string): Promise<string[]> {
  const directory = join(root, instance, '.drydock', 'staging');
  return existsSync(directory) ? readdir(directory) : [];
}

/** Multipart uploads of an instance that were begun and never ended. */
export async function openUploads({ bucket }: Plane, instance: string): Promise<string[]> {
  const Prefix = `drydock/instances/${instance}.`;
  const { Uploads = [] } = await bucket.client.send(new ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix }));
  return Uploads.map(({ Key = '' }) => Key);
}

/** Keys below every instance that has or had this name, and below this part of it: `sets/`, `journal/`. */
export async function keysOf(plane: Plane, instance: string, part: string): Promise<string[]> {
  const keys = await objectKeys(plane, `instances/${instance}.`);
  return keys.filter((key) => key.split('/').slice(2).join('/').startsWith(part));
}

export async function objectKeys({ bucket }: Plane, prefix: string): Promise<string[]> {
  const { Contents = [] } = await bucket.client.send(
    new ListObjectsV2Command({ Bucket: bucket.name, Prefix: `drydock/${prefix}` }),
  );
  return Contents.map(({ Key = '' }) => Key.slice('drydock/'.length));
}

/** Ids of the complete sets of an instance, and the objects that belong to no set. */
export async function setsInStore(plane: Plane, instance: string): Promise<{ sets: string[]; strays: string[] }> {
  const keys = await keysOf(plane, instance, 'sets/');
  const setOf = (key: string) => key.split('/')[3] ?? '';
  const sets = keys.filter((key) => key.endsWith('/manifest.json')).map(setOf);
  return { sets, strays: keys.filter((key) => !sets.includes(setOf(key))) };
}

/** Removes what Docker has of every instance whose name begins so: the last resort of a run that failed. */
export async function removeEverythingNamed(prefix: string): Promise<void> {
  if (prefix.length < 6) throw new Error(`“${prefix}” could be anybody's`);
  const format = '{{.ID}} {{.Label "drydock.instance"}}';
  const containers = await owned(['ps', '--all', '--format', format], prefix);
  const handedOn = await namelessVolumes(containers);
  if (containers.length > 0) await execa('docker', ['rm', '--force', '--volumes', ...containers], { reject: false });
  if (handedOn.length > 0) await execa('docker', ['volume', 'rm', '--force', ...handedOn], { reject: false });
  const networks = await owned(['network', 'ls', '--format', format], prefix);
  if (networks.length > 0) await execa('docker', ['network', 'rm', ...networks], { reject: false });
  const volumes = await owned(['volume', 'ls', '--format', '{{.Name}} {{.Label "drydock.instance"}}'], prefix);
  if (volumes.length > 0) await execa('docker', ['volume', 'rm', '--force', ...volumes], { reject: false });
}

/** Anonymous volumes of containers that Compose recreated: `rm --volumes` leaves them. */
async function namelessVolumes(containers: readonly string[]): Promise<string[]> {
  if (containers.length === 0) return [];
  const mounted = await lines(['inspect', '--format', '{{range .Mounts}}{{.Name}} {{end}}', ...containers]);
  return mounted.flatMap((names) => names.split(' ')).filter((name) => /^[0-9a-f]{64}$/.test(name));
}

async function owned(args: string[], prefix: string): Promise<string[]> {
  const rows = (await lines(args)).map((row) => row.split(' '));
  return rows.flatMap(([id, instance]) => (id !== undefined && instance?.startsWith(prefix) ? [id] : []));
}

async function lines(args: readonly string[]): Promise<string[]> {
  const { stdout } = await execa('docker', args);
  return stdout.split('\n').filter(Boolean);
}
