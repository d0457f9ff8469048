import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyCollections, type CollectionsDefinition } from '../../src/stores/qdrant/collections.ts';
import { createQdrantStore } from '../../src/stores/qdrant/driver.ts';
import type { VectorService } from '../../src/stores/qdrant/http.ts';
import { serviceBench } from '../support/store-bench.ts';
import { createStoreContainers, hasStore, type StoreContainers } from '../support/store-containers.ts';
import { storeSuite, take } from './store.suite.ts';

const never = new AbortController().signal;
const silent = () => undefined;

const definition: CollectionsDefinition = {
  collections: {
    concepts_v1: {
      vectors: { size: 64, distance: 'Cosine' },
      quantization_config: { scalar: { type: 'int8', quantile: 0.99, always_ram: true } },
    },
    'notes é.2': { vectors: { text: { size: 8, distance: 'Dot' } }, sparse_vectors: { words: {} } },
    empty: { vectors: { size: 4, distance: 'Euclid', on_disk: true } },
  },
  aliases: { concepts: 'concepts_v1' },
};

describe.skipIf(!(await hasStore('qdrant')))('Qdrant', () => {
  storeSuite('qdrant', async () => {
    const containers = await createStoreContainers();
    const live = await containers.start('qdrant', await containers.place('qdrant'));
    await fill(live);
    return {
      ...serviceBench('qdrant', containers, createQdrantStore(containers.runtime), live),
      leftBehind: async () => [...(await containers.strangers()), ...(await snapshotsOf(live))],
    };

    async function fill(at: VectorService) {
      await applyCollections(at, definition);
      const points = Array.from({ length: 3000 }, (_, id) => ({
        id,
        vector: Array.from({ length: 64 }, (_, place) => Math.sin(id * 64 + place)),
        payload: { concept: `concept ${id}`, year: 2000 + (id % 26) },
      }));
      await call(at, 'PUT', '/collections/concepts_v1/points?wait=true', { points });
      const index = { field_name: 'concept', field_schema: 'keyword' };
      await call(at, 'PUT', '/collections/concepts_v1/index?wait=true', index);
      const note = { id: 1, vector: { text: Array(8).fill(0.5), words: { indices: [7], values: [1] } } };
      await call(at, 'PUT', `/collections/${encodeURIComponent('notes é.2')}/points?wait=true`, { points: [note] });
    }
  });

  describe('collections', () => {
    let containers: StoreContainers;
    let at: VectorService;
    let staging: string;
    beforeAll(async () => {
      containers = await createStoreContainers();
      at = await containers.start('qdrant', await containers.place('qdrant'));
      staging = await mkdtemp(join(tmpdir(), 'drydock-qdrant-'));
    });
    afterAll(async () => {
      await containers?.dispose();
      if (staging) await rm(staging, { recursive: true });
    });

    test('are created when they are missing, and kept when they are there', async () => {
      const driver = createQdrantStore(containers.runtime);
      expect(await applyCollections(at, definition)).toEqual({ created: Object.keys(definition.collections) });
      expect(await applyCollections(at, definition)).toEqual({ created: [] });
      const contents = await driver.contents(at);
      expect(contents).toMatchObject({ aliases: definition.aliases });
    });

    test('are refused when they exist with other vector parameters, before any other is created', async () => {
      const driver = createQdrantStore(containers.runtime);
      const other = {
        another: { vectors: { size: 2, distance: 'Dot' } },
        empty: { vectors: { size: 5, distance: 'Dot' } },
      };
      const apply = applyCollections(at, { collections: other });
      await expect(apply).rejects.toMatchObject({ code: 'mismatch', problems: [expect.stringContaining('empty')] });
      expect(await driver.contents(at)).not.toHaveProperty('collections.another');
    });

    test('are changed by requests that may be sent again', async () => {
      const driver = createQdrantStore(containers.runtime);
      const requests = [
        {
          method: 'PUT',
          path: '/collections/empty/index?wait=true',
          body: { field_name: 'slug', field_schema: 'keyword' },
        },
        { method: 'DELETE', path: '/collections/empty/index/absent?wait=true' },
        { method: 'DELETE', path: '/collections/never-made' },
      ] as const;
      const seen: unknown[] = [];
      for (const report of [silent, (progress: unknown) => void seen.push(progress)]) {
        await driver.migrate(at, JSON.stringify(requests), report, never);
      }
      expect(seen.at(-1)).toEqual({ done: 3, total: 3 });
      expect(await driver.contents(at)).toMatchObject({ collections: { empty: { payloadIndexes: ['slug'] } } });
    });

    test('say which request was not accepted, and stop there', async () => {
      const driver = createQdrantStore(containers.runtime);
      const requests = [
        { method: 'PUT', path: '/collections/never-made/index', body: { field_name: 'slug', field_schema: 'keyword' } },
        { method: 'DELETE', path: '/collections/empty' },
      ] as const;
      await expect(driver.migrate(at, JSON.stringify(requests), silent, never)).rejects.toMatchObject({
        code: 'tool-failed',
        message: expect.stringContaining('PUT /collections/never-made/index'),
      });
      expect(await driver.contents(at)).toHaveProperty('collections.empty');
    });

    test("lose the snapshots of a killed capture and keep the operator's", async () => {
      const driver = createQdrantStore(containers.runtime);
      const operators = await call<{ name: string }>(at, 'POST', '/collections/empty/snapshots');
      await writeFile(join(staging, '.snapshots-before.json'), JSON.stringify({ empty: [operators.name] }));
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await call(at, 'POST', '/collections/empty/snapshots');
      expect(await snapshotsOf(at)).toHaveLength(2);
      await take(driver, at, staging);
      expect(await snapshotsOf(at)).toEqual([operators.name]);
    });

    test('are captured after a process that died while it noted what is theirs', async () => {
      const driver = createQdrantStore(containers.runtime);
      const theirs = await snapshotsOf(at);
      await writeFile(join(staging, '.snapshots-before.json.0a1b2c3d'), '{"emp');
      await take(driver, at, staging);
      expect(await snapshotsOf(at)).toEqual(theirs);
    });

    test('keep their data when a damaged snapshot is loaded', async () => {
      const driver = createQdrantStore(containers.runtime);
      const before = await driver.contents(at);
      await writeFile(join(staging, 'empty.snapshot'), 'not a snapshot at all');
      await expect(driver.loadRunning(at, staging, silent, never)).rejects.toMatchObject({ code: 'tool-failed' });
      expect(await driver.contents(at)).toEqual(before);
    });
  });
});

async function snapshotsOf(at: VectorService): Promise<string[]> {
  const names: string[] = [];
  for (const collection of Object.keys(definition.collections)) {
    const snapshots = await call<{ name: string }[]>(
      at,
      'GET',
      `/collections/${encodeURIComponent(collection)}/snapshots`,
    );
    names.push(...snapshots.map(({ name }) => name));
  }
  return names;
}

async function call<T = unknown>(at: VectorService, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`http://${at.address}:6333${path}`, {
    method,
    headers: { 'api-key': at.secret ?? '', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { result: T }).result;
}
