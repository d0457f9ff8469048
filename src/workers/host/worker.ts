import { readFile } from 'node:fs/promises';
import type { Worker } from '@temporalio/worker';
import { fenced, singleFlight } from '../../activities/attempt/single-flight.ts';
import { createHostActivities, type HostActivities } from '../../activities/index.ts';
import type { HostDrivers } from '../../activities/instance/host-drivers.ts';
import type { HostConfig } from '../../config.ts';
import { hostQueue } from '../../contracts/queues.ts';
import { createCompose } from '../../drivers/compose/compose-cli.ts';
import { createContainerRuntime } from '../../drivers/docker/engine.ts';
import { createHost } from '../../drivers/host/host.ts';
import { createInstanceDirectories } from '../../drivers/instance-directory/instance-directory.ts';
import { createAgeZstdSeal } from '../../drivers/seal/age-zstd.ts';
import { createHaproxyEdge } from '../../edges/haproxy/driver.ts';
import { parseEnv } from '../../model/instance/env-file.ts';
import { createStoreDrivers } from '../../stores/drivers.ts';
import { createObjectStore } from '../object-store.ts';
import { connectWorker, createWorker } from '../temporal.ts';

/** Simultaneous steps of one host: two instances' backups share its disk, and memory is flat per step. */
const concurrentSteps = 8;

/** The worker of one host. A test may insert itself between Temporal and the steps with `around`. */
export async function createHostWorker(
  config: HostConfig,
  around: (activities: HostActivities) => HostActivities = (activities) => activities,
): Promise<Worker> {
  const drivers = await createHostDrivers(config);
  return createWorker({
    connection: await connectWorker(config.temporal),
    namespace: config.temporal.namespace,
    taskQueue: hostQueue(config.host),
    activities: around(createHostActivities(drivers)),
    workflows: 'none',
    maxConcurrentActivities: concurrentSteps,
    interceptors: [singleFlight(), fenced((lease) => drivers.directories.checkLease(lease))],
  });
}

export async function createHostDrivers(config: HostConfig): Promise<HostDrivers> {
  const containers = createContainerRuntime({ socketPath: config.dockerSocket });
  const { ageIdentityFile: identityFile } = config;
  return {
    host: config.host,
    directories: createInstanceDirectories(config.root),
    machine: createHost(),
    containers,
    compose: createCompose({ socketPath: config.dockerSocket }),
    edge: createHaproxyEdge(),
    stores: createStoreDrivers(containers),
    objects: createObjectStore(config.objectStore),
    seal: createAgeZstdSeal({ recipients: config.ageRecipients, identityFile }),
    settings: {
      variables: config.hostEnvFile === undefined ? {} : parseEnv(await readFile(config.hostEnvFile, 'utf8')),
      secretsDirectory: config.secretsDirectory,
      memoryReserveBytes: config.memoryReserveBytes,
      canDecrypt: identityFile !== undefined,
    },
  };
}
