import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cypherStatements, type GraphService } from '../../src/stores/neo4j/cypher.ts';
import { createNeo4jStore } from '../../src/stores/neo4j/driver.ts';
import { graphData, graphSchema } from '../support/graph-data.ts';
import { neo4jBench } from '../support/neo4j-bench.ts';
import { createStoreContainers, hasStore, type StoreContainers } from '../support/store-containers.ts';
import { busyMachineMs, restoring, storeSuite } from './store.suite.ts';

const never = new AbortController().signal;

describe.skipIf(!(await hasStore('neo4j')))('Neo4j', () => {
  // The proof aborts captures and tries them again (test/proof/drivers-full): the tools of a graph take the time of a gate.
  storeSuite('neo4j', neo4jBench, [restoring]);

  describe('a graph', { timeout: busyMachineMs }, () => {
    let containers: StoreContainers;
    let at: GraphService;
    beforeAll(async () => {
      containers = await createStoreContainers();
      at = await containers.start('neo4j', await containers.place('neo4j'));
      await createNeo4jStore(containers.runtime).init(at, graphSchema + graphData, never);
    });
    afterAll(() => containers?.dispose());

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

    test('answers questions with numbers, and is not changed by them', async () => {
      const driver = createNeo4jStore(containers.runtime);
      expect(await driver.ask(at, 'MATCH (c:Concept) WHERE c.id <= 10 RETURN count(c)')).toBe(10);
      const change = 'MERGE (n:Marker) RETURN count(n)';
      await expect(driver.ask(at, change)).rejects.toMatchObject({ code: 'tool-failed' });
      expect(await driver.ask(at, 'MATCH (n:Marker) RETURN count(n)')).toBe(0);
      await expect(driver.ask(at, 'MATCH (n) RETURN n LIMIT 1')).rejects.toMatchObject({ code: 'tool-failed' });
      const script = driver.migrate(at, 'RETURN 1; NOT CYPHER', () => undefined, never);
      await expect(script).rejects.toThrow(/NOT CYPHER/);
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
