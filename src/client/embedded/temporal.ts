import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Home, HomeConfig, Ports } from './home.ts';
import { writeWhole } from './home.ts';
import type { ProcessSpec } from './processes.ts';
import { basicEnvironment, program } from './programs.ts';

const dynamicConfig = `frontend.WorkerHeartbeatsEnabled:
  - value: true
frontend.ListWorkersEnabled:
  - value: true
`;

/** Ports of the server: the frontend's, and the next nine for its other roles and its metrics. */
export function temporalPorts(ports: Ports): number[] {
  return Array.from({ length: 10 }, (_, offset) => ports.temporal + offset);
}

/** The whole Temporal server in one process on two SQLite files. It makes its schema or accepts an existing one. */
export function temporalServer(home: Home, config: HomeConfig, cache: string): ProcessSpec {
  const dynamicConfigFile = join(home.temporal, 'dynamic-config.yaml');
  writeWhole(dynamicConfigFile, dynamicConfig);
  return {
    name: 'temporal',
    command: program(cache, 'temporal-server'),
    args: ['--allow-no-auth', 'start'],
    env: {
      ...basicEnvironment(),
      ...sqlite(home),
      ...listening(config.ports),
      DYNAMIC_CONFIG_FILE_PATH: dynamicConfigFile,
      NUM_HISTORY_SHARDS: '4',
      LOG_LEVEL: 'warn',
    },
    ports: temporalPorts(config.ports),
    // The frontend itself serves the HTTP port, so an answer means that it takes requests.
    answers: async () => (await fetch(`http://127.0.0.1:${config.ports.temporal + 2}/api/v1/system-info`)).ok,
    startWithinMs: 60_000,
  };
}

function sqlite(home: Home): Record<string, string> {
  return {
    DB: 'sqlite',
    DBNAME: join(home.temporal, 'temporal.db'),
    VISIBILITY_DBNAME: join(home.temporal, 'visibility.db'),
    SQLITE_MODE: 'rwc',
    SQLITE_SETUP: 'true',
    SQLITE_JOURNAL_MODE: 'wal',
  };
}

function listening(ports: Ports): Record<string, string> {
  const names = [
    'FRONTEND_GRPC_PORT',
    'FRONTEND_MEMBERSHIP_PORT',
    'FRONTEND_HTTP_PORT',
    'HISTORY_GRPC_PORT',
    'HISTORY_MEMBERSHIP_PORT',
    'MATCHING_GRPC_PORT',
    'MATCHING_MEMBERSHIP_PORT',
    'WORKER_GRPC_PORT',
    'WORKER_MEMBERSHIP_PORT',
  ];
  return {
    BIND_ON_IP: '127.0.0.1',
    TEMPORAL_BROADCAST_ADDRESS: '127.0.0.1',
    PUBLIC_FRONTEND_ADDRESS: `127.0.0.1:${ports.temporal}`,
    PROMETHEUS_ENDPOINT: `127.0.0.1:${ports.temporal + names.length}`,
    ...Object.fromEntries(names.map((name, offset) => [name, String(ports.temporal + offset)])),
  };
}

export function temporalUi(home: Home, config: HomeConfig, namespace: string, cache: string): ProcessSpec {
  const directory = join(home.temporal, 'ui');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeWhole(join(directory, 'drydock.yaml'), uiConfig(config.ports, namespace));
  return {
    name: 'temporal-ui',
    command: program(cache, 'temporal-ui'),
    args: ['--root', home.temporal, '--config', 'ui', '--env', 'drydock', 'start'],
    env: basicEnvironment(),
    ports: [config.ports.ui],
    answers: async () => (await fetch(`http://127.0.0.1:${config.ports.ui}/healthz`)).ok,
    startWithinMs: 30_000,
  };
}

function uiConfig(ports: Ports, namespace: string): string {
  const lines = [
    `temporalGrpcAddress: 127.0.0.1:${ports.temporal}`,
    'host: 127.0.0.1',
    `port: ${ports.ui}`,
    'enableUi: true',
    `defaultNamespace: ${namespace}`,
    'disableNewsFetch: true',
    'cors:',
    `  allowOrigins: ["http://127.0.0.1:${ports.ui}", "http://localhost:${ports.ui}"]`,
  ];
  return `${lines.join('\n')}\n`;
}
