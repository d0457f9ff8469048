import { expect, test } from 'vitest';
import type { ContainerRuntime } from '../../../src/drivers/docker/container-runtime.ts';
import { createNeo4jStore } from '../../../src/stores/neo4j/driver.ts';
import { take } from '../../drivers/store.suite.ts';
import { createCloningVolumes } from '../../support/cloning-volumes.ts';
import { graphData, graphSchema } from '../../support/graph-data.ts';
import { createStoreContainers } from '../../support/store-containers.ts';

const never = new AbortController().signal;
const silent = () => undefined;

test('a graph on a file system that clones files is stopped for the time of a clone only, and dumped from the clone', async () => {
  const containers = await createStoreContainers();
  const cloning = await createCloningVolumes();
  try {
    const tools: string[] = [];
    const prepare: ContainerRuntime['prepare'] = (job, signal) => {
      tools.push([...(job.entrypoint ?? []), ...job.command, job.mounts?.[0]?.source].join(' '));
      return containers.runtime.prepare(job, signal);
    };
    const driver = createNeo4jStore({ ...containers.runtime, createVolume: cloning.createVolume, prepare });
    const at = await containers.start('neo4j', await containers.place('neo4j', cloning.createVolume));
    await driver.init(at, graphSchema + graphData, never);
    const before = await driver.contents(at);
    const { unavailableMs } = await take(driver, at, cloning.staging);
    await driver.check(at, cloning.staging, silent, never);
    const now = await containers.found(at);
    expect(await driver.contents(now)).toEqual(before);
    expect(unavailableMs).toBeGreaterThan(0);
    expect(tools.find((tool) => tool.includes('database dump'))).toMatch(new RegExp(`${at.namePrefix}-copy$`));
    expect(await containers.strangers()).toEqual([]);

    const target = await containers.place('neo4j');
    await driver.load(target, cloning.staging, silent, never);
    const restored = await containers.start('neo4j', target);
    expect(await driver.contents(restored)).toEqual(before);
  } finally {
    await containers.dispose();
    await cloning.dispose();
  }
});
