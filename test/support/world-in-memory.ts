import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { getClient } from '@temporalio/activity';
import type { HostActivities } from '../../src/activities/index.ts';
import { type ControlActivities, createControlActivities, createHostActivities } from '../../src/activities/index.ts';
import type { HostDrivers } from '../../src/activities/instance/host-drivers.ts';
import { HostName } from '../../src/contracts/ids.ts';
import type { Compose } from '../../src/drivers/compose/compose.ts';
import type { ContainerRuntime, ContainerView, VolumeView } from '../../src/drivers/docker/container-runtime.ts';
import { createInstanceDirectories } from '../../src/drivers/instance-directory/instance-directory.ts';
import { DrydockError } from '../../src/errors.ts';
import { parseEnv } from '../../src/model/instance/env-file.ts';
import { edgeDirectory } from '../../src/model/instance/names.ts';
import { createFilesStore } from '../../src/stores/files/driver.ts';
import type { RunningStore, StoreDriver } from '../../src/stores/store.ts';
import { idOf, instanceId } from './builders.ts';
import { type ComposeJob, createFakeCompose } from './fakes/compose.ts';
import { createFakeContainerRuntime, type FakeContainerRuntime } from './fakes/container-runtime.ts';
import { createFakeEdge, type FakeEdge, type FakeEdgeState } from './fakes/edge.ts';
import { createFakeNotifier, type FakeNotifier } from './fakes/notifier.ts';
import { createFakeObjectStore, InMemoryBucket, type StoredObject } from './fakes/object-store.ts';
import { createFakeScheduler, type FakeScheduler } from './fakes/scheduler.ts';
import { createFakeStores, type StoreWorld } from './fakes/store.ts';
import type { World } from './procedure-checks.ts';
import type { Activities } from './temporal.ts';
import type { Application } from './world-application.ts';
import { createPlainSeal } from './world-seal.ts';

/** The real steps over drivers in memory and a temporary directory: one host, its stores, one bucket. */
export interface MemoryWorld extends World {
  readonly drivers: HostDrivers;
  readonly host: HostActivities;
  readonly catalogue: Omit<ControlActivities, 'chooseHost'>;
  readonly bucket: InMemoryBucket;
  readonly containers: FakeContainerRuntime;
  readonly edge: FakeEdge;
  readonly stores: StoreWorld;
  /** Services that never become healthy. */
  readonly sick: Set<string>;
  /** One-off commands of the releases, in order. */
  readonly jobs: ComposeJob[];
  readonly notifier: FakeNotifier;
  readonly scheduler: FakeScheduler;
  /** The state of this world, from which other worlds can begin. */
  freeze(): Promise<Seed>;
}

/** Fields that the fake stores keep for each volume. */
const heldByVolume = ['held', 'views', 'secrets', 'collections', 'nodes', 'segments', 'vacuums'] as const;

export interface Seed {
  readonly files: readonly { path: string; mode: number; content?: Buffer; link?: string }[];
  readonly containers: readonly ContainerView[];
  readonly volumes: readonly VolumeView[];
  readonly edges: ReadonlyMap<string, FakeEdgeState>;
  readonly stores: Pick<StoreWorld, (typeof heldByVolume)[number]>;
  readonly objects: ReadonlyMap<string, StoredObject>;
}

export interface WorldOptions {
  /** What answers smoke and verify steps; without it nobody does. */
  application?: Application;
  seed?: Seed;
  recipients?: readonly string[];
  canDecrypt?: boolean;
  memoryBytes?: number;
  diskFreeBytes?: number;
}

const gibibyte = 1024 ** 3;
const made: string[] = [];
// Thousands of worlds come and go in a run; their files are removed at the end.
process.once('exit', () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

export function createWorld(options: WorldOptions = {}): MemoryWorld {
  const root = mkdtempSync(join(tmpdir(), 'drydock-world-'));
  made.push(root);
  const directories = createInstanceDirectories(join(root, 'instances'));
  mkdirSync(directories.root);
  const bucket = new InMemoryBucket();
  const objects = createFakeObjectStore(bucket);
  const runtime = createFakeContainerRuntime();
  const edge = createFakeEdge();
  const { world: stores, drivers: fakes } = createFakeStores();
  const sick = new Set<string>();
  const jobs: ComposeJob[] = [];
  const notifier = createFakeNotifier();
  const scheduler = createFakeScheduler();
  const seal = createPlainSeal({ recipients: options.recipients ?? [] });
  const containers: ContainerRuntime = {
    ...runtime,
    async removeVolume(name, labels) {
      await runtime.removeVolume(name, labels);
      for (const held of heldByVolume) stores[held].delete(name);
    },
  };
  const drivers: HostDrivers = {
    host: HostName.parse('h1'),
    directories,
    machine: {
      memoryBytes: () => options.memoryBytes ?? 16 * gibibyte,
      diskFreeBytes: async () => options.diskFreeBytes ?? 100 * gibibyte,
      diskSizeBytes: async () => 200 * gibibyte,
      listeningPorts: async () => new Map(),
    },
    containers,
    compose: asOnAHost(createFakeCompose(runtime, sick, jobs), runtime, stores),
    edge,
    stores: {
      neo4j: { ...fakes.neo4j, ...onlyWhileRunning(fakes.neo4j, runtime, stores) },
      qdrant: { ...fakes.qdrant, ...onlyWhileRunning(fakes.qdrant, runtime, stores) },
      redis: onlyWhileRunning(fakes.redis, runtime, stores),
      files: createFilesStore(),
    },
    objects,
    seal,
    settings: {
      variables: {},
      secretsDirectory: undefined,
      memoryReserveBytes: gibibyte,
      canDecrypt: options.canDecrypt ?? true,
    },
  };
  const state = { containers: [] as ContainerView[], volumes: [] as VolumeView[] };
  const look = async () => {
    state.containers = structuredClone(await runtime.containers({}));
    state.volumes = structuredClone(await runtime.volumes({}));
  };
  const host = withKnownIds(createHostActivities(drivers, { lookMs: 5, windowMs: 100, smokeMs: 10 }), bucket);
  const control = createControlActivities({
    client: getClient,
    objects,
    seal,
    notifier,
    scheduler,
    defaultHost: undefined,
  });
  if (options.seed !== undefined) {
    thaw(options.seed, { root, runtime, bucket, edge, stores });
    state.containers = structuredClone([...options.seed.containers]);
    state.volumes = structuredClone([...options.seed.volumes]);
  }
  options.application?.serves(runtime);

  return {
    drivers,
    host,
    idOf: async (instance) => (await directories.recordIfAny(instance))?.id ?? instanceId,
    catalogue: control,
    bucket,
    containers: runtime,
    edge,
    stores,
    sick,
    jobs,
    notifier,
    scheduler,
    // A client in memory does not tell who polls a queue.
    control: watched({ ...control, chooseHost: async ({ host: wanted }) => ({ host: wanted ?? 'h1' }) }, look),
    hosts: { h1: watched({ ...host } as Activities, look) },
    snapshot: () => snapshot({ root, directories, bucket, edge, stores, scheduler, ...state }),
    async freeze() {
      await look();
      return {
        files: filesBelow(root),
        ...state,
        edges: edgesOf({ directories, edge }, (directory) => relative(root, directory)),
        stores: structuredClone(pick(stores, heldByVolume)),
        objects: new Map(bucket.objects),
      };
    },
  };
}

/** Ids that a test can name, and that are the same in every run: they follow from the name, and from how many had it. */
function withKnownIds(host: HostActivities, bucket: InMemoryBucket): HostActivities {
  return {
    ...host,
    async planProvision(step) {
      const plan = await host.planProvision(step);
      const removed = [...bucket.objects.keys()].filter((key) => key.endsWith('/decommissioned.json'));
      const before = removed.filter((key) => key.includes(`/${plan.instance}.`)).length;
      return { ...plan, id: idOf(plan.instance, before) };
    },
  };
}

/** Looks at the engine after every step, since a snapshot cannot wait. */
function watched(activities: Activities, look: () => Promise<void>): Activities {
  return Object.fromEntries(
    Object.entries(activities).map(([name, run]) => [
      name,
      async (input: unknown) => {
        try {
          return await run(input);
        } finally {
          await look();
        }
      },
    ]),
  );
}

/** Adds to the fake: addresses by the full name of the network, and the password that a store takes when it first starts. */
function asOnAHost(compose: Compose, runtime: FakeContainerRuntime, stores: StoreWorld): Compose {
  const secretOf: Record<string, string> = {
    neo4j: 'NEO4J_PASSWORD',
    qdrant: 'QDRANT_API_KEY',
    redis: 'REDIS_PASSWORD',
  };
  return {
    ...compose,
    async up(project, options, signal) {
      await compose.up(project, options, signal);
      const env = parseEnv(await readFile(join(project.directory, project.envFile ?? '.env'), 'utf8'));
      for (const view of await runtime.containers({ 'com.docker.compose.project': project.name })) {
        const addresses = Object.entries(view.addresses).map(([network, address]): [string, string] => [
          network.startsWith(`${project.name}_`) ? network : `${project.name}_${network}`,
          address,
        ]);
        Object.assign(view, { addresses: Object.fromEntries(addresses) });
        const service = view.labels['com.docker.compose.service'] ?? '';
        for (const { name } of view.volumes) {
          const secret = env[secretOf[service] ?? ''] ?? '';
          if (service !== 'neo4j' || !stores.secrets.has(name)) stores.secrets.set(name, secret);
        }
      }
    },
  };
}

/** A store answers while its container runs, and a volume in use is not loaded over. */
function onlyWhileRunning<Driver extends StoreDriver>(
  driver: Driver,
  runtime: FakeContainerRuntime,
  stores: StoreWorld,
): Driver {
  const running = async (at: RunningStore) => {
    if (at.place === 'directory') return;
    const view = await runtime.container(at.container);
    if (view?.state !== 'running') throw new DrydockError('unavailable', `ask ${at.container}: it does not answer`);
  };
  const guarded: Pick<StoreDriver, 'contents' | 'version' | 'freeze' | 'capture' | 'load' | 'loadRunning'> = {
    async contents(at) {
      await running(at);
      return driver.contents(at);
    },
    async version(at) {
      await running(at);
      return driver.version(at);
    },
    async freeze(at, ...rest) {
      await running(at);
      return driver.freeze(at, ...rest);
    },
    async capture(at, ...rest) {
      await running(at);
      return driver.capture(at, ...rest);
    },
    async load(at, ...rest) {
      const views = await runtime.containers({});
      const used = views.filter(({ state }) => state === 'running').flatMap(({ volumes }) => volumes);
      stores.inUse = new Set(used.map(({ name }) => name));
      return driver.load(at, ...rest);
    },
    async loadRunning(at, ...rest) {
      await running(at);
      return driver.loadRunning(at, ...rest);
    },
  };
  return { ...driver, ...guarded };
}

interface Parts {
  readonly root: string;
  readonly directories: HostDrivers['directories'];
  readonly bucket: InMemoryBucket;
  readonly edge: FakeEdge;
  readonly stores: StoreWorld;
  readonly scheduler: FakeScheduler;
  readonly containers: readonly ContainerView[];
  readonly volumes: readonly VolumeView[];
}

/** The world in words that are equal in two runs: without times, random names and digests. */
function snapshot(parts: Parts): unknown {
  const { root, bucket, stores } = parts;
  const plain = (text: string) => withoutChance(text.replaceAll(root, 'ROOT'));
  const tidy = <T>(entries: [string, T][]) =>
    Object.fromEntries(entries.map(([name, value]): [string, T] => [plain(name), value]).sort(byName));
  // Files of the stores' tools hold times; for files in staging the name is enough.
  const inWords = (path: string, content: Buffer = Buffer.alloc(0)) =>
    path.includes('/staging/') ? 'bytes' : plain(content.toString('utf8'));
  const files = filesBelow(root).map(({ path, mode, content, link }): [string, string] => [
    path,
    link === undefined ? `${mode.toString(8)} ${inWords(path, content)}` : `link to ${link}`,
  ]);
  const containers = parts.containers.map(({ name, image, labels, state, volumes }): [string, object] => [
    name,
    { image, labels, state, volumes },
  ]);
  const volumes = parts.volumes.map(({ name, labels }): [string, object] => [
    name,
    {
      labels,
      holds: [...(stores.held.get(name) ?? [])],
      view: stores.views.get(name),
      collections: stores.collections.get(name),
      nodes: stores.nodes.get(name),
      vacuums: stores.vacuums.get(name),
    },
  ]);
  const edges = [...edgesOf(parts, (directory) => directory)].map(([directory, state]): [string, unknown] => [
    directory,
    JSON.parse(plain(JSON.stringify({ files: state.files, mode: state.mode, colour: state.colour }))),
  ]);
  const objects = [...bucket.objects].map(([key, { body }]): [string, string] => [
    key,
    key.endsWith('.json') ? plain(body.toString('utf8')) : 'bytes',
  ]);
  return {
    files: tidy(files),
    containers: tidy(containers),
    volumes: tidy(volumes),
    edges: tidy(edges),
    objects: tidy(objects),
    unfinishedUploads: bucket.uploads.size,
    // The schedule of the watchman belongs to all instances.
    schedules: [...parts.scheduler.schedules.keys()].filter((id) => id.startsWith('night/')),
  };
}

function pick<From extends object, Name extends keyof From>(from: From, names: readonly Name[]): Pick<From, Name> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<From, Name>;
}

function withoutChance(text: string): string {
  return text
    .replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, 'SET')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'HEX')
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'RUN');
}

function byName([left]: [string, unknown], [right]: [string, unknown]): number {
  return left < right ? -1 : 1;
}

/** Directory of an instance's edge. */
export function edgeAt({ drivers }: Pick<MemoryWorld, 'drivers'>, instance = 'pharma'): string {
  return drivers.directories.path(instance, edgeDirectory);
}

function edgesOf(
  { directories, edge }: Pick<Parts, 'directories' | 'edge'>,
  name: (directory: string) => string,
): Map<string, FakeEdgeState> {
  const instances = readdirSync(directories.root);
  const found = instances.flatMap((instance): [string, FakeEdgeState][] => {
    const directory = directories.path(instance, edgeDirectory);
    try {
      return [[name(directory), structuredClone(edge.at(directory))]];
    } catch {
      return []; // Not prepared yet.
    }
  });
  return new Map(found);
}

function filesBelow(root: string): Seed['files'][number][] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry): Seed['files'][number][] => {
    const full = join(entry.parentPath, entry.name);
    const path = relative(root, full);
    if (entry.isSymbolicLink()) return [{ path, mode: 0o777, link: readlinkSync(full) }];
    if (!entry.isFile()) return [];
    return [{ path, mode: lstatSync(full).mode & 0o777, content: readFileSync(full) }];
  });
}

function thaw(
  seed: Seed,
  into: { root: string; runtime: FakeContainerRuntime } & Pick<Parts, 'bucket' | 'edge' | 'stores'>,
): void {
  const { root, runtime, bucket, edge, stores } = into;
  for (const { path, mode, content, link } of seed.files) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    if (link !== undefined) symlinkSync(link, full);
    else {
      writeFileSync(full, content ?? '');
      chmodSync(full, mode);
    }
  }
  for (const view of structuredClone(seed.containers)) runtime.place(view.name, view);
  for (const { name, labels } of seed.volumes) void runtime.createVolume(name, labels);
  for (const [directory, state] of structuredClone(seed.edges)) {
    void edge.prepare(join(root, directory), state.files);
    Object.assign(edge.at(join(root, directory)), state);
  }
  Object.assign(stores, structuredClone(seed.stores));
  for (const [key, object] of seed.objects) bucket.objects.set(key, object);
}
