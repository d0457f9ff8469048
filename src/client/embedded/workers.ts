import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Connection } from '@temporalio/client';
import { controlQueue, hostQueue } from '../../contracts/queues.ts';
import { pollsOf } from '../../pollers.ts';
import { type Home, type HomeConfig, metricsPorts } from './home.ts';
import { embeddedBucket, embeddedRegion, objectStoreUrl } from './object-store.ts';
import type { ProcessSpec } from './processes.ts';
import { basicEnvironment } from './programs.ts';
import { objectStoreKeys, recipient } from './secrets.ts';

export const embeddedNamespace = 'drydock';

const sources = fileURLToPath(new URL('../../', import.meta.url));
export function controlWorker(home: Home, config: HomeConfig, connection: Connection): ProcessSpec {
  return {
    ...worker('control', metricsPorts(config.ports).control),
    name: 'control-worker',
    env: { ...metricsAt(metricsPorts(config.ports).control), ...controlEnvironment(home, config) },
    answers: (startedAt) => isPolled(connection, controlQueue, 'workflow', startedAt),
  };
}

export function hostWorker(home: Home, config: HomeConfig, cache: string, connection: Connection): ProcessSpec {
  return {
    ...worker('host', metricsPorts(config.ports).host),
    name: 'host-worker',
    env: { ...metricsAt(metricsPorts(config.ports).host), ...hostEnvironment(home, config, cache) },
    answers: (startedAt) => isPolled(connection, hostQueue(config.host), 'activity', startedAt),
  };
}

function worker(kind: 'control' | 'host', metricsPort: number) {
  const entry = join(sources, 'workers', kind, 'main.ts');
  return {
    command: process.execPath,
    args: [entry],
    ports: [metricsPort],
    startWithinMs: 60_000,
  };
}

/** Kept out of the environments below: another worker with the same environment needs its own address. */
function metricsAt(port: number): Record<string, string> {
  return { DRYDOCK_METRICS_ADDRESS: `127.0.0.1:${port}` };
}

function controlEnvironment(home: Home, config: HomeConfig): Record<string, string> {
  const keys = objectStoreKeys(home);
  return {
    ...basicEnvironment(),
    DRYDOCK_TEMPORAL_ADDRESS: `127.0.0.1:${config.ports.temporal}`,
    DRYDOCK_NAMESPACE: embeddedNamespace,
    DRYDOCK_S3_ENDPOINT: objectStoreUrl(config),
    DRYDOCK_S3_REGION: embeddedRegion,
    DRYDOCK_S3_BUCKET: embeddedBucket,
    DRYDOCK_S3_ACCESS_KEY_ID: keys.accessKeyId,
    DRYDOCK_S3_SECRET_ACCESS_KEY: keys.secretAccessKey.reveal(),
    DRYDOCK_DEFAULT_HOST: config.host,
    ...config.environment,
  };
}

export function hostEnvironment(home: Home, config: HomeConfig, cache: string): Record<string, string> {
  const imageNames = join(cache, 'host.env');
  return {
    ...controlEnvironment(home, config),
    DRYDOCK_HOST: config.host,
    DRYDOCK_ROOT: home.instances,
    DRYDOCK_AGE_RECIPIENTS: recipient(home),
    DRYDOCK_AGE_IDENTITY_FILE: home.identity,
    DRYDOCK_SECRETS_DIR: home.hostSecrets,
    ...(existsSync(imageNames) ? { DRYDOCK_HOST_ENV_FILE: imageNames } : {}),
    ...config.environment,
  };
}

async function isPolled(
  { workflowService }: Connection,
  queue: string,
  kind: 'workflow' | 'activity',
  since: Date,
): Promise<boolean> {
  const seconds = await pollsOf(workflowService, { namespace: embeddedNamespace, queue, kind });
  return seconds.some((second) => second >= Math.floor(since.getTime() / 1000));
}
