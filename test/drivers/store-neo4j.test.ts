import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ContainerRuntime } from '../../src/drivers/docker/container-runtime.ts';
import { cypherStatements } from '../../src/stores/neo4j/cypher.ts';
import { createNeo4jStore } from '../../src/stores/neo4j/driver.ts';
import type { RunningService } from '../../src/stores/store.ts';
import { createStoreContainers, docker, hasStore, type StoreContainers } from '../support/store-containers.ts';
import { busyMachineMs, storeSuite } from './store.suite.ts';
import { canMakeCloningVolumes, createCloningVolumes } from './store-cloning-volumes.ts';

const never = new AbortController().signal;
const silent = () => undefined;

const canClone = await canMakeCloningVolumes();

const schema = `
// One of each kind; a semicolon; in a comment
CREATE CONSTRAINT concept_id IF NOT EXISTS FOR (c:Concept) REQUIRE c.id IS UNIQUE;
CREATE INDEX concept_name IF NOT EXISTS FOR (c:Concept) ON (c.name);
CREATE FULLTEXT INDEX concept_text IF NOT EXISTS FOR (c:Concept) ON EACH [c.name];
CREATE INDEX weight IF NOT EXISTS FOR ()-[r:RELATED_TO]-() ON (r.weight);
`;
const data = `
UNWIND range(1, 5000) AS id CREATE (:Concept {id: id, name: 'concept; ' + id});
UNWIND range(1, 300) AS id CREATE (:\`Proto Concept\` {id: id});
MATCH (a:Concept), (b:Concept {id: a.id + 1}) CREATE (a)-[:RELATED_TO {weight: 0.5}]->(b);
CREATE (:Gone)-[:WAS]->(:Gone);
MATCH (n:Gone) DETACH DELETE n;
`;

describe.skipIf(!(await hasStore('neo4j')))('Neo4j', () => {
  storeSuite('neo4j', async () => {
    const containers = await createStoreContainers();
    const driver = createNeo4jStore(containers.runtime);
    const live = await containers.start('neo4j', await containers.place('neo4j'));
    await driver.runCypher(live, schema);
    await driver.runCypher(live, schema + data);
    await driver.awaitIndexes(live, 60);
    return {
      driver,
      live,
      async empty() {
        const tools = await containers.place('neo4j');
        return { tools, start: () => containers.start('neo4j', tools) };
      },
      withWrongSecret: { ...live, secret: 'wrong-secret-of-neo4j' },
      running: async () => (await containers.runtime.container(live.container))?.state === 'running',
      leftBehind: () => containers.strangers(),
      dispose: () => containers.dispose(),
    };
  });

  describe('a graph', { timeout: busyMachineMs }, () => {
    let containers: StoreContainers;
    let at: RunningService;
    let staging: string;
    beforeAll(async () => {
      containers = await createStoreContainers();
      at = await containers.start('neo4j', await containers.place('neo4j'));
      await createNeo4jStore(containers.runtime).runCypher(at, schema + data);
      staging = await mkdtemp(join(tmpdir(), 'drydock-neo4j-'));
    });
    afterAll(async () => {
      await containers?.dispose();
      if (staging) await rm(staging, { recursive: true });
    });

    test('is counted exactly, without the names nothing has any more', async () => {
      const driver = createNeo4jStore(containers.runtime);
      expect(await driver.contents(at)).toMatchObject({
        nodes: 5300,
        relationships: 4999,
        labels: { Concept: 5000, 'Proto Concept': 300 },
        relationshipTypes: { RELATED_TO: 4999 },
        indexes: ['concept_id', 'concept_name', 'concept_text', expect.any(String), expect.any(String), 'weight'],
        constraints: ['concept_id'],
      });
    });

    test('answers with numbers, is changed by changes, and not by what only reads', async () => {
      const driver = createNeo4jStore(containers.runtime);
      expect(await driver.scalar(at, 'MATCH (c:Concept) WHERE c.id <= $id RETURN count(c)', { id: 10 })).toBe(10);
      const change = 'MERGE (n:Marker) RETURN count(n)';
      await expect(driver.scalar(at, change)).rejects.toMatchObject({ code: 'tool-failed' });
      expect(await driver.change(at, change)).toBe(1);
      expect(await driver.change(at, 'MATCH (n:Marker) DETACH DELETE n RETURN count(*)')).toBe(1);
      await expect(driver.scalar(at, 'MATCH (n) RETURN n LIMIT 1')).rejects.toMatchObject({ code: 'tool-failed' });
      await expect(driver.runCypher(at, 'RETURN 1; NOT CYPHER')).rejects.toThrow(/NOT CYPHER/);
    });

    test('is captured after a capture that was killed while the server was stopped', async () => {
      const driver = createNeo4jStore(containers.runtime);
      const before = await driver.contents(at);
      await containers.runtime.createVolume(`${at.namePrefix}-copy`, at.labels);
      await docker('stop', '--time', '120', at.container);
      const orphan = ['--name', `${at.namePrefix}-tool`, ...labelsOf(at), '--volume', `${at.volume}:/data`];
      await docker('run', '--detach', ...orphan, '--entrypoint', 'sleep', at.image, '600');
      await writeFile(join(staging, 'neo4j.dump'), 'half a dump');

      const { unavailableMs } = await driver.capture(at, staging, silent, never);
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
      await driver.capture(at, staging, silent, never);
      await driver.check(at, staging, silent, never);
      at = await containers.found(at);
      expect(await driver.contents(at)).toEqual(before);
    });
  });

  describe.skipIf(!canClone)('a graph on a file system that clones files', { timeout: busyMachineMs }, () => {
    test('is stopped for the time of a clone only, and dumped from the clone', async () => {
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
        await driver.runCypher(at, schema + data);
        const before = await driver.contents(at);
        const { unavailableMs } = await driver.capture(at, cloning.staging, silent, never);
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
  });
});

describe('a Cypher file', () => {
  test.each([
    ['a semicolon in a string', 'RETURN \';\'; RETURN "a;\\"b"', ["RETURN ';'", 'RETURN "a;\\"b"']],
    ['a semicolon in a name', 'MATCH (n:`a;b`) RETURN n;', ['MATCH (n:`a;b`) RETURN n']],
    ['comments', '// one; two\nRETURN 1 /* ; */ + 2;\n// end', ['RETURN 1  + 2']],
    ['a division and a URL in a string', "RETURN 4 / 2; RETURN 'bolt://x'", ['RETURN 4 / 2', "RETURN 'bolt://x'"]],
    ['nothing', ' ;; \n', []],
  ])('with %s is divided where its statements end', (_title, text, statements) => {
    expect(cypherStatements(text)).toEqual(statements);
  });
});

function labelsOf(at: RunningService): string[] {
  return Object.entries(at.labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]);
}
