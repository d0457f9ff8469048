import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GraphService } from '../../../src/stores/neo4j/cypher.ts';
import { createNeo4jStore } from '../../../src/stores/neo4j/driver.ts';
import { take } from '../../drivers/store.suite.ts';
import { graphData, graphSchema } from '../../support/graph-data.ts';
import { createStoreContainers, docker, type StoreContainers } from '../../support/store-containers.ts';

const never = new AbortController().signal;
const silent = () => undefined;

describe('a graph', () => {
  let containers: StoreContainers;
  let at: GraphService;
  let staging: string;
  beforeAll(async () => {
    containers = await createStoreContainers();
    at = await containers.start('neo4j', await containers.place('neo4j'));
    await createNeo4jStore(containers.runtime).init(at, graphSchema + graphData, never);
    staging = await mkdtemp(join(tmpdir(), 'drydock-neo4j-'));
  });
  afterAll(async () => {
    await containers?.dispose();
    if (staging) await rm(staging, { recursive: true });
  });

  test('is captured after a capture that was killed while the server was stopped', async () => {
    const driver = createNeo4jStore(containers.runtime);
    const before = await driver.contents(at);
    await containers.runtime.createVolume(`${at.namePrefix}-copy`, at.labels);
    await docker('stop', '--time', '120', at.container);
    const orphan = ['--name', `${at.namePrefix}-tool`, ...labelsOf(at), '--volume', `${at.volume}:/data`];
    await docker('run', '--detach', ...orphan, '--entrypoint', 'sleep', at.image, '600');
    await writeFile(join(staging, 'neo4j.dump'), 'half a dump');

    const { unavailableMs } = await take(driver, at, staging);
    expect(unavailableMs).toBeGreaterThan(0);
    await driver.check(at, staging, silent, never);
    at = await containers.found(at);
    expect(await driver.contents(at)).toEqual(before);
    expect(await containers.strangers()).toEqual([]);
  });

  test('runs again after a capture that was killed and is not tried again', async () => {
    const driver = createNeo4jStore(containers.runtime);
    const before = await driver.contents(at);
    await docker('stop', '--time', '120', at.container);
    for (const _ of ['once', 'twice']) await driver.recover(at, never);
    at = await containers.found(at);
    expect(await driver.contents(at)).toEqual(before);
  });

  test('is captured although the server was killed before, because it is started and stopped once more', async () => {
    const driver = createNeo4jStore(containers.runtime);
    const before = await driver.contents(at);
    await docker('kill', '--signal', 'KILL', at.container);
    await take(driver, at, staging);
    await driver.check(at, staging, silent, never);
    at = await containers.found(at);
    expect(await driver.contents(at)).toEqual(before);
  });
});

function labelsOf(at: GraphService): string[] {
  return Object.entries(at.labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]);
}
