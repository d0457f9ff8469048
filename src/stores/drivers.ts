import type { ContainerRuntime } from '../drivers/docker/container-runtime.ts';
import { createFilesStore } from './files/driver.ts';
import { createNeo4jStore } from './neo4j/driver.ts';
import { createQdrantStore } from './qdrant/driver.ts';
import { createRedisStore } from './redis/driver.ts';
import type { StoreDrivers } from './store.ts';

/** The drivers of all kinds in `kinds.ts`, each under its kind's name. */
export function createStoreDrivers(containers: ContainerRuntime): StoreDrivers {
  return {
    neo4j: createNeo4jStore(containers),
    qdrant: createQdrantStore(containers),
    redis: createRedisStore(containers),
    files: createFilesStore(),
  };
}
