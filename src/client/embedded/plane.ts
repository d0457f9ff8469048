import { Connection } from '@temporalio/client';
import type { HostName } from '../../contracts/ids.ts';
import { DrydockError } from '../../errors.ts';
import {
  cacheDirectory,
  defaultPorts,
  type Home,
  type HomeConfig,
  homeAt,
  makeDirectories,
  metricsPortBy,
  metricsPorts,
  Ports,
  readHomeConfig,
  writeHomeConfig,
} from './home.ts';
import { withHomeLock } from './lock.ts';
import { ensureNamespace } from './namespace.ts';
import { ensureBucket, objectStore, objectStoreUrl } from './object-store.ts';
import { requireFreePorts } from './ports.ts';

import {
  kill,
  logFile,
  type ProcessName,
  type ProcessSpec,
  processNames,
  type Running,
  running,
  start,
  stop,
  waitUntilAnswers,
} from './processes.ts';
import { optionalProgram } from './programs.ts';
import { prometheus, prometheusUrl } from './prometheus.ts';
import { ensureSecrets } from './secrets.ts';
import { temporalPorts, temporalServer, temporalUi } from './temporal.ts';
import { controlWorker, embeddedNamespace, hostWorker } from './workers.ts';

interface EmbeddedOptions {
  /** Directory of the home. */
  home: string;
  ports?: Partial<Ports>;
  host?: string;
  /** Directory of the programs; by default the machine's cache directory. */
  cache?: string;
  /** Further variables for the workers, such as DRYDOCK_DOCKER_SOCKET; kept in the home. */
  environment?: Record<string, string>;
  /** `none` when a person or a test runs the workers. */
  workers?: 'both' | 'none';
  /** `where-installed`: also runs Prometheus if the machine has it. Off by default. */
  prometheus?: 'where-installed' | 'none';
  /** Receives the progress, one line a step. */
  report?: (line: string) => void;
}

export interface Embedded {
  home: Home;
  config: HomeConfig;
  address: string;
  namespace: string;
  objectStoreUrl: string;
  uiUrl: string;
  prometheusUrl: string;
}

interface ProcessState {
  name: ProcessName;
  process: Running | undefined;
  log: string;
}

/**
 * Brings the embedded control plane up: running processes stay, dead ones start again, and all answer on return. A start
 * that is refused leaves the home as it was: a home that names the ports of another plane would act on that one.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const home = homeAt(options.home);
  await refuseTakenPorts(home, settle(home, options), options);
  makeDirectories(home);
  return withHomeLock(home, async () => {
    const config = settle(home, options);
    await ensureSecrets(home);
    writeHomeConfig(home, config);
    const cache = options.cache ?? cacheDirectory(process.env);
    await bringUp(home, config, cache, options);
    return describe(home, config);
  });
}

/** Stops the processes, workers first. Data stays. */
export async function stopEmbedded(directory: string, report: (line: string) => void = () => {}): Promise<void> {
  const home = homeAt(directory);
  if (readHomeConfig(home) === undefined) return;
  await withHomeLock(home, async () => {
    for (const name of processNames.toReversed()) {
      const outcome = await stop(home, name, name.endsWith('worker') ? 30_000 : 20_000);
      if (outcome !== 'absent') report(`${name} ${outcome}`);
    }
  });
}

/** The processes of a home, even of one that was never started. */
export function embeddedState(directory: string): ProcessState[] {
  const home = homeAt(directory);
  return processNames.map((name) => ({ name, process: running(home, name), log: logFile(home, name) }));
}

/** Ends one process with SIGKILL, for tests of survival. */
export async function killProcess(directory: string, name: ProcessName): Promise<void> {
  await kill(homeAt(directory), name);
}

/** Restarts missing processes with the home's settings. */
export async function restartProcesses(
  directory: string,
  options: Pick<EmbeddedOptions, 'workers' | 'report'> = {},
): Promise<Embedded> {
  return startEmbedded({ home: directory, ...options });
}

/** The embedded plane of a home, read from its files; undefined when there is none. */
export function readEmbedded(directory: string): Embedded | undefined {
  const home = homeAt(directory);
  const config = readHomeConfig(home);
  return config === undefined ? undefined : describe(home, config);
}

function describe(home: Home, config: HomeConfig): Embedded {
  return {
    home,
    config,
    address: `127.0.0.1:${config.ports.temporal}`,
    namespace: embeddedNamespace,
    objectStoreUrl: objectStoreUrl(config),
    uiUrl: `http://127.0.0.1:${config.ports.ui}`,
    prometheusUrl: prometheusUrl(config),
  };
}

/** The home's settings with the requested changes. A change under running processes is refused. */
function settle(home: Home, options: EmbeddedOptions): HomeConfig {
  const before = readHomeConfig(home);
  const config: HomeConfig = {
    format: 'drydock-home/1',
    ports: Ports.parse({ ...(before?.ports ?? firstPorts(options.ports?.temporal)), ...options.ports }),
    host: (options.host ?? before?.host ?? 'h1') as HostName,
    environment: options.environment ?? before?.environment ?? {},
  };
  const changed = before !== undefined && JSON.stringify(before) !== JSON.stringify(config);
  const runs = processNames.filter((name) => running(home, name) !== undefined);
  if (!changed || runs.length === 0) return config;
  throw new DrydockError(
    'refused',
    `change host or ports of ${home.directory}: ${runs.join(', ')} run with the old ones`,
    {
      next: 'drydock down, then drydock up with the new ones',
    },
  );
}

/** All at once, and before anything is written. Ports of processes that run are theirs. */
async function refuseTakenPorts(home: Home, { ports }: HomeConfig, options: EmbeddedOptions): Promise<void> {
  const metrics = metricsPorts(ports);
  const wanted: [ProcessName, number[]][] = [
    ['object-store', [ports.objectStore]],
    ['temporal', temporalPorts(ports)],
    ['temporal-ui', [ports.ui]],
  ];
  if (options.workers !== 'none') wanted.push(['control-worker', [metrics.control]], ['host-worker', [metrics.host]]);
  if (options.prometheus === 'where-installed') wanted.push(['prometheus', [metrics.prometheus]]);
  const missing = wanted.filter(([name]) => running(home, name) === undefined).flatMap(([, of]) => of);
  await requireFreePorts(missing, `the control plane of ${home.directory}`);
}

/** The ports of a new home. The metrics ports follow from Temporal's port. */
function firstPorts(temporal: number = defaultPorts.temporal): Ports {
  return { ...defaultPorts, metrics: metricsPortBy(temporal) };
}

async function bringUp(home: Home, config: HomeConfig, cache: string, options: EmbeddedOptions): Promise<void> {
  const report = options.report ?? (() => {});
  const stores = [objectStore(home, config, cache), temporalServer(home, config, cache)];
  await Promise.all(stores.map((spec) => ensureRunning(home, spec, report)));
  const connection = await Connection.connect({ address: `127.0.0.1:${config.ports.temporal}` });
  try {
    await Promise.all([ensureNamespace(connection, embeddedNamespace), ensureBucket(home, config)]);
    const rest = [temporalUi(home, config, embeddedNamespace, cache)];
    if (options.workers !== 'none') {
      rest.push(controlWorker(home, config, connection), hostWorker(home, config, cache, connection));
    }
    rest.push(...prometheusIfWanted(home, config, cache, options));
    await Promise.all(rest.map((spec) => ensureRunning(home, spec, report)));
  } finally {
    await connection.close();
  }
}

function prometheusIfWanted(home: Home, config: HomeConfig, cache: string, options: EmbeddedOptions): ProcessSpec[] {
  if (options.prometheus !== 'where-installed') return [];
  const command = optionalProgram(cache, 'prometheus');
  if (command !== undefined) return [prometheus(home, config, command)];
  options.report?.('prometheus is not installed (scripts/setup installs it)');
  return [];
}

async function ensureRunning(home: Home, spec: ProcessSpec, report: (line: string) => void): Promise<void> {
  const began = Date.now();
  const there = running(home, spec.name);
  if (there === undefined) await requireFreePorts(spec.ports, spec.name);
  await waitUntilAnswers(home, spec, there ?? (await start(home, spec)));
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  report(there === undefined ? `${spec.name} started (${seconds} s)` : `${spec.name} runs`);
}
