import { setTimeout as sleep } from 'node:timers/promises';
import neo4j, { type Driver } from 'neo4j-driver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OldNodes } from '../../../src/stores/care.ts';
import type { GraphService } from '../../../src/stores/neo4j/cypher.ts';
import { createNeo4jStore } from '../../../src/stores/neo4j/driver.ts';
import { createStoreContainers, neo4jClient, type StoreContainers } from '../../support/store-containers.ts';

const never = new AbortController().signal;

describe('a graph of 200,000 proto-concepts that is written to', { timeout: 15 * 60_000 }, () => {
  const protos = 210_000;
  const nodes: OldNodes = {
    label: 'ProtoConcept',
    property: 'created_at',
    where: { status: 'pending' },
    cutoff: new Date(Date.now() - 7 * 86_400_000).toISOString(),
  };
  let containers: StoreContainers;
  let driver: ReturnType<typeof createNeo4jStore>;
  let at: GraphService;
  let client: Driver;
  beforeAll(async () => {
    containers = await createStoreContainers();
    driver = createNeo4jStore(containers.runtime);
    // Far less than the whole deletion would need: what is not flat fails.
    const env = { NEO4J_db_memory_transaction_max: '32m' };
    at = await containers.start('neo4j', await containers.place('neo4j'), { env });
    client = neo4jClient(at);
    await driver.init(at, graph(protos), never);
  }, 10 * 60_000);
  afterAll(async () => {
    await client?.close();
    await containers?.dispose();
  });

  test('loses the old pending ones and nothing else, in flat memory, while the application goes on', async () => {
    const before = await driver.countOldNodes(at, nodes, never);
    const kept = before.total - before.due;
    expect(before.total).toBe(protos);
    expect(before.due).toBeGreaterThan(150_000);
    const atOnce = "MATCH (p:ProtoConcept {status: 'pending'}) WHERE p.created_at < datetime($cutoff) DETACH DELETE p";
    await expect(once(client, atOnce, { cutoff: nodes.cutoff })).rejects.toThrow(/memory/i);
    expect(await driver.countOldNodes(at, nodes, never)).toEqual(before);

    await using application = startApplication(client);
    await using memory = startWatching(client);
    const done = { nodes: 0, relationships: 0, transactions: 0, longestMs: 0 };
    const startedAt = performance.now();
    let batchAt = startedAt;
    for await (const batch of driver.deleteOldNodes(at, nodes, never)) {
      done.nodes += batch.nodes;
      done.relationships += batch.relationships;
      done.transactions += 1;
      application.reached(done.nodes);
      done.longestMs = Math.max(done.longestMs, performance.now() - batchAt);
      batchAt = performance.now();
    }
    const tookMs = performance.now() - startedAt;
    const { created, promoted, slowestMs, meanMs } = await application.stop();
    const seen = await memory.stop();
    process.stdout.write(
      `${JSON.stringify({ before, done, tookMs, created, promoted: promoted.length, slowestMs, meanMs, seen })}\n`,
    );

    const after = await driver.countOldNodes(at, nodes, never);
    expect(after.due).toBe(0);
    // Promoted under our hands, all of them: nothing that was acknowledged is lost.
    expect(promoted.length).toBeGreaterThan(20);
    const found = await numberOf(
      client,
      'MATCH (p:ProtoConcept) WHERE p.id IN $promoted AND p.status = "promoted" RETURN count(p)',
      { promoted },
    );
    expect(found).toBe(promoted.length);
    expect(done.nodes).toBe(before.due - promoted.length);
    expect(after.total).toBe(kept + promoted.length + created);
    expect(done.relationships).toBeGreaterThan(2 * done.nodes);
    const marked = 'MATCH (p:ProtoConcept) WHERE p.drydock_cleanup IS NOT NULL RETURN count(p)';
    expect(await numberOf(client, marked)).toBe(0);
    // One transaction of ours at most, and a fraction of what the deletion at once would have needed.
    expect(seen.transactionBytes).toBeLessThan(24 * 1024 * 1024);
    expect(done.transactions).toBeGreaterThan(300);
  });
});

/** Documents with thousands of relationships each, concepts, and proto-concepts of every age of a month. */
function graph(protos: number): string {
  return `
    CREATE CONSTRAINT FOR (p:ProtoConcept) REQUIRE p.id IS UNIQUE;
    CREATE CONSTRAINT FOR (d:Document) REQUIRE d.id IS UNIQUE;
    CREATE CONSTRAINT FOR (c:CanonicalConcept) REQUIRE c.id IS UNIQUE;
    UNWIND range(0, 99) AS id CREATE (:Document {id: id});
    UNWIND range(0, 9999) AS id CREATE (:CanonicalConcept {id: id});
    UNWIND range(0, ${protos - 1}) AS id CALL (id) {
      MATCH (d:Document {id: id % 100}) MATCH (c:CanonicalConcept {id: id % 10000})
      CREATE (p:ProtoConcept {
        id: id, name: 'term ' + id, status: CASE WHEN id % 20 = 0 THEN 'promoted' ELSE 'pending' END,
        created_at: datetime() - duration({days: id % 30, hours: 1})
      })
      CREATE (p)-[:EXTRACTED_FROM]->(d) CREATE (p)-[:CANDIDATE_FOR]->(c)
    } IN TRANSACTIONS OF 2000 ROWS;
    MATCH (p:ProtoConcept {id: 29}) UNWIND range(0, 2999) AS id
    MATCH (c:CanonicalConcept {id: id}) CREATE (p)-[:SEEN_WITH]->(c);
  `;
}

/** Writes new proto-concepts, and promotes old ones just where the cleanup is at work. */
function startApplication(client: Driver) {
  let going = true;
  let frontier = 0;
  let created = 0;
  const promoted: number[] = [];
  const times: number[] = [];
  const create = `MATCH (d:Document {id: $id % 100}) CREATE (p:ProtoConcept {id: $id, status: 'pending', created_at: datetime()})
    CREATE (p)-[:EXTRACTED_FROM]->(d) RETURN p.id AS id`;
  // Locked before it is tested: a SET on a node that is deleted meanwhile is no error in Neo4j, and would be counted here.
  const promote = `MATCH (p:ProtoConcept {id: $id}) SET p.looked_at = datetime()
    WITH p WHERE p.status = 'pending' AND p.created_at < datetime() - duration('P8D')
    SET p.status = 'promoted' RETURN p.id AS id`;
  const work = async () => {
    while (going) {
      const startedAt = performance.now();
      await client.executeQuery(create, { id: neo4j.int(1_000_000 + created) });
      created += 1;
      const id = Math.min(209_999, 100 + Math.floor(frontier * 1.4) + Math.floor(Math.random() * 4000));
      const { records } = await client.executeQuery(promote, { id: neo4j.int(id) });
      if (records.length === 1) promoted.push(id);
      times.push(performance.now() - startedAt);
    }
  };
  const working = work();
  const end = () => {
    going = false;
    return working;
  };
  return {
    [Symbol.asyncDispose]: end,
    reached: (deleted: number) => {
      frontier = deleted;
    },
    async stop() {
      await end();
      const meanMs = Math.round(times.reduce((sum, time) => sum + time, 0) / times.length);
      return { created, promoted, slowestMs: Math.round(Math.max(...times)), meanMs };
    },
  };
}

/** The most memory that transactions of the cleanup and the server's heap had while it ran. */
function startWatching(client: Driver) {
  let going = true;
  const seen = { transactionBytes: 0, heapMinBytes: Number.POSITIVE_INFINITY, heapMaxBytes: 0, samples: 0 };
  const transactions = `SHOW TRANSACTIONS YIELD estimatedUsedHeapMemory AS bytes, metaData
    WHERE metaData.by = 'drydock cleanup' RETURN coalesce(max(bytes), 0) AS bytes`;
  const heap =
    "CALL dbms.queryJmx('java.lang:type=Memory') YIELD attributes RETURN attributes.HeapMemoryUsage.value.properties.used AS bytes";
  const watch = async () => {
    while (going) {
      seen.transactionBytes = Math.max(seen.transactionBytes, await numberOf(client, transactions));
      const used = await numberOf(client, heap);
      seen.heapMinBytes = Math.min(seen.heapMinBytes, used);
      seen.heapMaxBytes = Math.max(seen.heapMaxBytes, used);
      seen.samples += 1;
      await sleep(50);
    }
  };
  const watching = watch();
  const end = () => {
    going = false;
    return watching;
  };
  return {
    [Symbol.asyncDispose]: end,
    async stop() {
      await end();
      return seen;
    },
  };
}

/** Without trying again, which a client does when a transaction has run out of memory. */
async function once(client: Driver, cypher: string, parameters: Record<string, unknown>): Promise<void> {
  const session = client.session();
  try {
    await session.run(cypher, parameters);
  } finally {
    await session.close();
  }
}

async function numberOf(client: Driver, cypher: string, parameters: Record<string, unknown> = {}): Promise<number> {
  const { records } = await client.executeQuery(cypher, parameters);
  return Number(records[0]?.get(0) ?? 0);
}
