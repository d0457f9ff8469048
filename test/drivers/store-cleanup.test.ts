import neo4j from 'neo4j-driver';
import { describe, expect, test } from 'vitest';
import { createNeo4jStore } from '../../src/stores/neo4j/driver.ts';
import { batches } from '../../src/stores/neo4j/old-nodes.ts';
import { createQdrantStore } from '../../src/stores/qdrant/driver.ts';
import type { RunningService } from '../../src/stores/store.ts';
import { createFakeStores } from '../support/fakes/store.ts';
import { createStoreContainers, hasStore, neo4jClient } from '../support/store-containers.ts';
import { oldNodesSuite, vacuumSuite } from './store-cleanup.suite.ts';

const aPlace: RunningService = {
  ...{ place: 'volume', instance: 'pharma', store: 'graph', image: 'none', volume: 'live', labels: {} },
  ...{ namePrefix: 'pharma', container: 'live', address: '', secret: undefined },
  spec: { kind: 'redis', service: 'store', volume: 'live' }, // the fake does not ask
};

oldNodesSuite('the fake', async () => {
  const { world, drivers } = createFakeStores();
  return {
    driver: drivers.neo4j,
    at: aPlace,
    put: async (nodes) => void world.nodes.set('live', [...(world.nodes.get('live') ?? []), ...nodes]),
    dispose: async () => undefined,
  };
});

vacuumSuite('the fake', async () => {
  const { world, drivers } = createFakeStores();
  return {
    driver: drivers.qdrant,
    at: aPlace,
    async put(collection, points, deleted) {
      const segment = { collection, points: points - deleted, deleted };
      world.segments.set('live', [...(world.segments.get('live') ?? []), segment]);
    },
    dispose: async () => undefined,
  };
});

describe.skipIf(!(await hasStore('neo4j')))('Neo4j', () => {
  oldNodesSuite('Neo4j', async () => {
    const containers = await createStoreContainers();
    const at = await containers.start('neo4j', await containers.place('neo4j'));
    const client = neo4jClient(at);
    return {
      driver: createNeo4jStore(containers.runtime),
      at,
      async put(nodes) {
        const rows = nodes.map(({ label, properties, relationships }) => ({
          label,
          relationships,
          properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, inCypher(value)])),
        }));
        await client.executeQuery(
          `UNWIND $rows AS row CALL (row) {
             CREATE (n:$(row.label)) SET n = row.properties
             FOREACH (_ IN range(1, row.relationships) | CREATE (n)-[:OF]->(:Source))
           }`,
          { rows },
        );
      },
      async dispose() {
        await client.close();
        await containers.dispose();
      },
    };
  });
});

describe.skipIf(!(await hasStore('qdrant')))('Qdrant', () => {
  vacuumSuite('Qdrant', async () => {
    const containers = await createStoreContainers();
    // One segment for each collection, so that its size does not depend on the machine.
    const env = { QDRANT__STORAGE__OPTIMIZERS__DEFAULT_SEGMENT_NUMBER: '1' };
    const at = await containers.start('qdrant', await containers.place('qdrant'), { env });
    return {
      driver: createQdrantStore(containers.runtime),
      at,
      put: (collection, points, deleted) => fill(at, collection, points, deleted),
      dispose: () => containers.dispose(),
    };
  });
});

describe('nodes are put into transactions', () => {
  const found = (count: number, relationships: number) =>
    Array.from({ length: count }, (_, id) => ({ id: String(id), relationships }));

  test.each([
    ['by their number', found(1250, 2), [500, 500, 250]],
    ['by their relationships', found(5, 800), [2, 2, 1]],
    ['and one with very many is alone', [...found(1, 3), ...found(1, 50_000), ...found(2, 3)], [1, 1, 2]],
    ['unless there are none', [], []],
  ])('%s', (_, nodes, sizes) => {
    expect([...batches(nodes)].map((ids) => ids.length)).toEqual(sizes);
  });
});

async function fill(at: RunningService, collection: string, points: number, deleted: number): Promise<void> {
  const path = `/collections/${collection}`;
  await call(at, 'PUT', path, { vectors: { size: 256, distance: 'Dot' } });
  const batch = 1000;
  for (let first = 0; first < points; first += batch) {
    const ids = Array.from({ length: Math.min(batch, points - first) }, (_, id) => first + id);
    const written = ids.map((id) => ({
      id,
      vector: Array.from({ length: 256 }, (_, place) => Math.sin(id * 256 + place)),
      payload: { text: `${id} `.repeat(200) },
    }));
    await call(at, 'PUT', `${path}/points?wait=true`, { points: written });
  }
  const every = Math.floor(points / Math.max(1, deleted));
  const gone = Array.from({ length: deleted }, (_, index) => index * every);
  if (gone.length > 0) await call(at, 'POST', `${path}/points/delete?wait=true`, { points: gone });
}

async function call(at: RunningService, method: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(`http://${at.address}:6333${path}`, {
    method,
    headers: { 'api-key': at.secret ?? '', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}

function inCypher(value: string | number | boolean | Date): unknown {
  if (typeof value === 'number') return neo4j.int(value);
  return value instanceof Date ? neo4j.DateTime.fromStandardDate(value) : value;
}
