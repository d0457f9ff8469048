import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { blueprintPush } from '../../src/client/blueprint-files.ts';
import { embeddedBucket, embeddedRegion } from '../../src/client/embedded/object-store.ts';
import {
  type Embedded,
  killProcess,
  readEmbedded,
  restartProcesses,
  startEmbedded,
  stopEmbedded,
} from '../../src/client/embedded/plane.ts';
import type { ProcessName } from '../../src/client/embedded/processes.ts';
import { objectStoreKeys } from '../../src/client/embedded/secrets.ts';
import { connect, type Operations, readClientConfig } from '../../src/client/index.ts';
import { freeBlock } from './ports.ts';
import { removeEverythingNamed } from './world.ts';

/** A control plane of its own for tests: home, ports and instance names that collide with nobody's. */
export interface Plane {
  readonly embedded: Embedded;
  readonly operations: Operations;
  /** The bare client of Temporal, which shows what an operator sees there. */
  readonly temporal: Client;
  /** Directory that the object store keeps this plane's objects in, one file an object. */
  readonly objects: string;
  readonly bucket: { readonly name: string; readonly client: S3Client };
  /** A name that only this plane uses. */
  instance(name: string): string;
  /** SIGKILL, then a new start on the same files. */
  kill(process: ProcessName): Promise<void>;
  close(): Promise<void>;
}

/** Whether the plane knows an instance of that name. */
export async function isKnown({ operations }: Plane, name: string): Promise<boolean> {
  return (await operations.instances()).some((view) => view.instance === name);
}

export const osmose = 'osmose@1.0.0';

/** Prefix of the directories of planes. */
export const planePrefix = 'drydock-e2e-';

/** Starts a plane and pushes the blueprint; returns the directory by which tests find it. */
export async function startPlane(more: Record<string, string> = {}): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), planePrefix));
  try {
    const first = await freeBlock(15);
    const ports = { temporal: first, ui: first + 10, objectStore: first + 11, metrics: first + 12 };
    // The tests' small instances share the machine with others that count on its memory.
    // No schedule starts anything on the instances of tests.
    const environment = { DRYDOCK_MEMORY_RESERVE_BYTES: '0', DRYDOCK_NIGHTS: 'off', ...more };
    await startEmbedded({ home: directory, ports, environment });
    const plane = await openPlane(directory);
    const push = blueprintPush(fileURLToPath(new URL('../../blueprints/osmose', import.meta.url)));
    await (await plane.operations.blueprint(push, 'osmose')).result();
    await plane.close();
    return directory;
  } catch (error) {
    await removePlane(directory);
    throw error;
  }
}

/** Ends a plane and removes whatever its instances have left, also after a test that failed half way. */
export async function removePlane(directory: string): Promise<void> {
  await stopEmbedded(directory);
  await removeEverythingNamed(`${tagOf(directory)}-`);
  // Files of instances belong to the users of their containers.
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

export async function openPlane(directory: string): Promise<Plane> {
  const embedded = readEmbedded(directory);
  if (embedded === undefined) throw new Error(`no plane in ${directory}`);
  const { address, namespace } = embedded;
  const config = readClientConfig({ DRYDOCK_TEMPORAL_ADDRESS: address, DRYDOCK_NAMESPACE: namespace });
  const operations = await connect(config);
  const connection = await Connection.connect({ address });
  const { accessKeyId, secretAccessKey } = objectStoreKeys(embedded.home);
  const client = new S3Client({
    endpoint: embedded.objectStoreUrl,
    region: embeddedRegion,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey: secretAccessKey.reveal() },
  });
  return {
    embedded,
    operations,
    temporal: new Client({ connection, namespace }),
    objects: join(embedded.home.objectStore, 'data', embeddedBucket, 'drydock'),
    bucket: { name: embeddedBucket, client },
    instance: (name) => `${tagOf(directory)}-${name}`,
    kill: async (process) => {
      await killProcess(directory, process);
      await restartProcesses(directory);
    },
    close: async () => {
      client.destroy();
      await operations.close();
      await connection.close();
    },
  };
}

/** Given to instances that are planned at the same moment as others, on two hosts of one machine or in two files of tests. */
export function portsOfInstance({ embedded }: Plane, slot: number): Record<string, string> {
  const first = embedded.config.ports.objectStore + 100 + slot * 10;
  const names = ['APP_PORT', 'FRONTEND_PORT', 'NEO4J_HTTP_PORT', 'NEO4J_BOLT_PORT', 'QDRANT_PORT'];
  return Object.fromEntries(names.map((name, offset) => [name, String(first + offset)]));
}

/** Begins with a letter, as names of instances must; different for every plane. */
function tagOf(directory: string): string {
  return `t${basename(directory)
    .slice(-6)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '0')}`;
}
