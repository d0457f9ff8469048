import { randomBytes } from 'node:crypto';
import neo4j, { type Driver } from 'neo4j-driver';
import { runCommand } from '../../src/drivers/command.ts';
import type { ContainerRuntime } from '../../src/drivers/docker/container-runtime.ts';
import { createContainerRuntime } from '../../src/drivers/docker/engine.ts';
import { eventually } from '../../src/eventually.ts';
import type { ServiceSpec } from '../../src/stores/kinds.ts';
import type { GraphService } from '../../src/stores/neo4j/cypher.ts';
import type { RunningService, ServiceTools } from '../../src/stores/store.ts';

export type Service = ServiceSpec['kind'];
type Specs = { [Kind in Service]: Extract<ServiceSpec, { kind: Kind }> };

const where = { service: 'store', volume: 'data' };
const specs: Specs = {
  neo4j: { kind: 'neo4j', ...where, database: 'neo4j', user: 'neo4j', passwordFrom: 'SECRET' },
  qdrant: { kind: 'qdrant', ...where, apiKeyFrom: 'SECRET' },
  redis: { kind: 'redis', ...where, passwordFrom: 'SECRET' },
};

export const storeImages: Record<Service, string> = {
  neo4j: 'drydock/neo4j:5.26.30',
  qdrant: 'drydock/qdrant:1.16.3',
  redis: 'drydock/redis:7.0.15',
};

/** Real stores in containers with names of their own, on a network without a way out; `dispose` removes all of it. */
export interface StoreContainers {
  runtime: ContainerRuntime;
  secret: string;
  /** A new, empty volume for a tool. */
  place(kind: Service, createVolume?: ContainerRuntime['createVolume']): Promise<ServiceTools>;
  /** Starts the server on a place and waits until it is healthy. */
  start<Kind extends Service>(
    kind: Kind,
    tools: ServiceTools,
    options?: StartOptions,
  ): Promise<RunningService<Specs[Kind]>>;
  /** The same server after a restart, which may have given it another address. */
  found<At extends RunningService>(at: At): Promise<At>;
  /** Names of containers and volumes that no test asked for. */
  strangers(): Promise<string[]>;
  dispose(): Promise<void>;
}

export interface StartOptions {
  env?: Record<string, string>;
  /** Arguments of the server, in place of the usual ones. */
  command?: readonly string[];
}

export const dockerSocket = '/var/run/docker.sock';

/** True where Docker answers and has the image. */
export async function hasStore(kind: Service): Promise<boolean> {
  const found = await createContainerRuntime({ socketPath: dockerSocket })
    .image(storeImages[kind])
    .catch(() => undefined);
  return found !== undefined;
}

export async function createStoreContainers(): Promise<StoreContainers> {
  const id = randomBytes(4).toString('hex');
  const runtime = createContainerRuntime({ socketPath: dockerSocket });
  const label = { 'drydock.test': id };
  const network = `drydock-test-${id}`;
  const secret = `secret-${randomBytes(12).toString('hex')}`;
  const known = new Set<string>();
  await docker('network', 'create', '--internal', '--label', `drydock.test=${id}`, network);

  return {
    runtime,
    secret,

    async place(kind, createVolume = runtime.createVolume) {
      const volume = `drydock-test-${id}-${known.size}`;
      known.add(volume);
      await createVolume(volume, label);
      return {
        place: 'volume',
        instance: 'pharma',
        store: kind,
        image: storeImages[kind],
        volume,
        labels: { ...label, 'drydock.store': kind },
        namePrefix: volume,
      };
    },

    async start(kind, tools, options = {}) {
      const container = `${tools.volume}-server`;
      known.add(container);
      const { env, command, mount, health } = server(kind, secret);
      const variables = Object.entries({ ...env, ...options.env }).flatMap(([name, value]) => [
        '--env',
        `${name}=${value}`,
      ]);
      const check = ['--health-cmd', health, '--health-interval', '1s', '--health-retries', '60'];
      const place = ['--network', network, '--add-host', 'all-interfaces:0.0.0.0']; // as in the blueprints
      const where = [...place, '--volume', `${tools.volume}:${mount}`, '--label', `drydock.test=${id}`];
      const args = ['run', '--detach', '--name', container, ...where, ...check, ...variables, storeImages[kind]];
      await docker(...args, ...(options.command ?? command));
      await waitHealthy(runtime, container, 120_000);
      const address = (await runtime.container(container))?.addresses[network] ?? '';
      return { ...tools, container, address, spec: specs[kind], secret };
    },

    async found(at) {
      return { ...at, address: (await runtime.container(at.container))?.addresses[network] ?? '' };
    },

    async strangers() {
      const names = [...(await runtime.containers(label)), ...(await runtime.volumes(label))].map(({ name }) => name);
      return names.filter((name) => !known.has(name));
    },

    async dispose() {
      for (const { id } of await runtime.containers(label)) await docker('rm', '--force', '--volumes', id);
      for (const { name } of await runtime.volumes(label)) await docker('volume', 'rm', name);
      await docker('network', 'rm', network);
    },
  };
}

/** A client of a graph like the application's own. */
export function neo4jClient(at: GraphService): Driver {
  return neo4j.driver(`bolt://${at.address}:7687`, neo4j.auth.basic(at.spec.user, at.secret ?? ''), {
    disableLosslessIntegers: true,
  });
}

export async function docker(...args: string[]): Promise<string> {
  return (await runCommand('docker', args)).stdout;
}

function server(kind: Service, secret: string) {
  switch (kind) {
    case 'neo4j':
      return {
        env: {
          NEO4J_AUTH: `neo4j/${secret}`,
          NEO4J_server_memory_heap_max__size: '384m',
          NEO4J_server_memory_pagecache_size: '64m',
          NEO4J_dbms_usage__report_enabled: 'false',
          NEO4J_internal_dbms_bolt_netty__server__shutdown__quiet__period: '0',
        },
        command: [],
        mount: '/data',
        health: "bash -c 'exec 3<>/dev/tcp/127.0.0.1/7474'",
      };
    case 'qdrant':
      return {
        env: { QDRANT__SERVICE__API_KEY: secret, QDRANT__TELEMETRY_DISABLED: 'true' },
        command: [],
        mount: '/qdrant/storage',
        health: `bash -c 'exec 3<>/dev/tcp/127.0.0.1/6333 && printf "GET /readyz HTTP/1.0\\r\\n\\r\\n" >&3 && read -r s <&3 && [[ $s == *200* ]]'`,
      };
    case 'redis':
      return {
        env: { REDISCLI_AUTH: secret },
        command: redisCommand(secret, 'yes'),
        mount: '/data',
        health: 'redis-cli ping | grep -q PONG',
      };
  }
}

export function redisCommand(secret: string, appendOnly: 'yes' | 'no'): string[] {
  return ['redis-server', '--requirepass', secret, '--appendonly', appendOnly, '--save', ''];
}

/** Waits for the health check of a container; fails with the end of its log. */
export async function waitHealthy(runtime: ContainerRuntime, name: string, withinMs: number): Promise<void> {
  const isHealthy = async () => (await runtime.container(name))?.health === 'healthy';
  if (await eventually(isHealthy, { withinMs, everyMs: 250 })) return;
  throw new Error(`${name} did not become healthy; its log ends: ${await runtime.logTail(name, 20)}`);
}
