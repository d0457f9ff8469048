import { createNeo4jStore } from '../../src/stores/neo4j/driver.ts';
import { awaitIndexes } from '../../src/stores/neo4j/graph.ts';
import type { StoreBench } from '../drivers/store.suite.ts';
import { graphData, graphSchema } from './graph-data.ts';
import { serviceBench } from './store-bench.ts';
import { createStoreContainers } from './store-containers.ts';

const never = new AbortController().signal;

/** A running graph with data and indexes, for the suites of drivers. */
export async function neo4jBench(): Promise<StoreBench> {
  const containers = await createStoreContainers();
  const driver = createNeo4jStore(containers.runtime);
  const live = await containers.start('neo4j', await containers.place('neo4j'));
  await driver.init(live, graphSchema, never);
  await driver.init(live, graphSchema + graphData, never);
  await awaitIndexes(live, 60);
  return {
    ...serviceBench('neo4j', containers, driver, live),
    running: async () => (await containers.runtime.container(live.container))?.state === 'running',
  };
}
