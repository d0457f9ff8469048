import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Environment } from '../../config.ts';
import { HostName } from '../../contracts/ids.ts';
import { DrydockError } from '../../errors.ts';

/** `metrics` is the control worker's port; the next two are the host worker's and Prometheus'. */
export const Ports = z
  .strictObject({ temporal: z.int(), ui: z.int(), objectStore: z.int(), metrics: z.int().optional() })
  .transform(({ metrics, ...ports }) => ({ ...ports, metrics: metrics ?? metricsPortBy(ports.temporal) }));
export type Ports = z.infer<typeof Ports>;

/** Metrics ports of the control worker, of the host worker, and of Prometheus. */
export function metricsPorts({ metrics }: Ports): { control: number; host: number; prometheus: number } {
  return { control: metrics, host: metrics + 1, prometheus: metrics + 2 };
}

/** Beyond Temporal's own ports, so that a home with other Temporal ports also has other metrics ports. */
export function metricsPortBy(temporal: number): number {
  return temporal + 20;
}

export const defaultPorts: Ports = { temporal: 7233, ui: 8233, objectStore: 7070, metrics: metricsPortBy(7233) };

/** `config.json`: the settings of this home's embedded control plane. */
const HomeConfig = z.strictObject({
  format: z.literal('drydock-home/1'),
  ports: Ports,
  host: HostName,
  /** Further variables for the workers, such as DRYDOCK_DOCKER_SOCKET. */
  environment: z.record(z.string(), z.string()),
});
export type HomeConfig = z.infer<typeof HomeConfig>;

/** Every path of a home, derived in one place. */
export interface Home {
  directory: string;
  config: string;
  lock: string;
  run: string;
  logs: string;
  temporal: string;
  objectStore: string;
  prometheus: string;
  instances: string;
  secrets: string;
  hostSecrets: string;
  identity: string;
  objectStoreKeys: string;
}

export function homeAt(directory: string): Home {
  const secrets = join(directory, 'secrets');
  return {
    directory,
    config: join(directory, 'config.json'),
    lock: join(directory, 'lock'),
    run: join(directory, 'run'),
    logs: join(directory, 'logs'),
    temporal: join(directory, 'temporal'),
    objectStore: join(directory, 'object-store'),
    prometheus: join(directory, 'prometheus'),
    instances: join(directory, 'instances'),
    secrets,
    hostSecrets: join(secrets, 'host'),
    identity: join(secrets, 'age-identity.txt'),
    objectStoreKeys: join(secrets, 'object-store.json'),
  };
}

export function homeDirectory(env: Environment): string {
  return env['DRYDOCK_HOME'] || join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'drydock');
}

/** The set-up scripts' directory for programs and image names of this machine. */
export function cacheDirectory(env: Environment): string {
  return env['DRYDOCK_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'drydock');
}

export function readHomeConfig(home: Home): HomeConfig | undefined {
  if (!existsSync(home.config)) return undefined;
  const parsed = HomeConfig.safeParse(JSON.parse(readFileSync(home.config, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new DrydockError('invalid-input', `read ${home.config}: it is not a home of this version of Drydock`, {
    problems: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    next: 'correct the file, or choose another directory with DRYDOCK_HOME',
  });
}

export function writeHomeConfig(home: Home, config: HomeConfig): void {
  writeWhole(home.config, `${JSON.stringify(config, null, 2)}\n`);
}

/** Private to the user who runs it: the home holds the keys of every set. */
export function makeDirectories(home: Home): void {
  const directories = [home.directory, home.run, home.logs, home.temporal, home.objectStore, home.instances];
  for (const directory of [...directories, home.secrets, home.hostSecrets]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }
}

/** Writes a file whole or not at all, readable by its owner only. */
export function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
