import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DrydockError } from '../../../src/errors.ts';
import { noView } from '../../../src/stores/artifact-files.ts';
import type { KindName, StoreContents } from '../../../src/stores/kinds.ts';
import { CollectionsDefinition } from '../../../src/stores/qdrant/collections.ts';
import { QdrantRequest } from '../../../src/stores/qdrant/http.ts';
import type { Report, RunningStore, StoreDriver, StoreDrivers, StoreTools } from '../../../src/stores/store.ts';
import { type CleanupWorld, fakeNodeCleanup, fakeVacuum } from './store-cleanup.ts';

/** Contents of stores by volume or directory, as items with a name and a value; tests read and change them directly. */
export interface StoreWorld extends CleanupWorld {
  held: Map<string, Map<string, string>>;
  /** Frozen views of stores, until they are captured or thawed. */
  views: Map<string, string>;
  /** Volumes that a running container uses: no load overwrites them. */
  inUse: Set<string>;
  /** Secrets by volume; a volume without one takes any. */
  secrets: Map<string, string>;
  collections: Map<string, CollectionsDefinition>;
  /** Cypher and requests that were run, in order, and the numbers that statements return. */
  scripts: string[];
  answers: Map<string, number>;
  unavailableMs: number;
}

const artifactOf: Record<KindName, string> = {
  neo4j: 'neo4j.dump',
  qdrant: 'snapshots.json',
  redis: 'dump.rdb',
  files: 'files.tar',
};

/** Stores in memory. Artifacts are real files, so that tests can follow them through seal and bucket. */
export function createFakeStores(): { world: StoreWorld; drivers: StoreDrivers } {
  const world: StoreWorld = {
    held: new Map(),
    views: new Map(),
    inUse: new Set(),
    secrets: new Map(),
    collections: new Map(),
    nodes: new Map(),
    segments: new Map(),
    vacuums: new Map(),
    scripts: [],
    answers: new Map(),
    unavailableMs: 1500,
  };
  const drivers: StoreDrivers = {
    neo4j: {
      ...fakeDriver('neo4j', world),
      ...fakeNodeCleanup(world),
      init: async (at, text) => run(at, text),
      migrate: async (at, text) => run(at, text),
      ask: async (_at, question) => world.answers.get(question) ?? 0,
    },
    qdrant: {
      ...fakeDriver('qdrant', world),
      ...fakeVacuum(world),
      async init(at, text) {
        refuseWrongSecret(world, at);
        world.collections.set(at.volume, CollectionsDefinition.parse(JSON.parse(text)));
      },
      async migrate(at, text, report, signal) {
        const requests = z.array(QdrantRequest).parse(JSON.parse(text));
        for (const [index, { method, path }] of requests.entries()) {
          signal.throwIfAborted();
          run(at, `${method} ${path}`);
          report({ done: index + 1, total: requests.length });
        }
      },
    },
    redis: fakeDriver('redis', world),
    files: fakeDriver('files', world),
  };
  return { world, drivers };

  function run(at: RunningStore, script: string): void {
    refuseWrongSecret(world, at);
    world.scripts.push(script);
  }
}

function fakeDriver(kind: KindName, world: StoreWorld): StoreDriver {
  return {
    kind,
    async recover() {},

    async contents(at) {
      refuseWrongSecret(world, at);
      return contentsOf(kind, itemsOf(world, at));
    },

    version: async () => '1.0.0',
    engineVersion: async () => '1.0.0',

    async captureSpace(at) {
      return { stagingBytes: 4096 + JSON.stringify([...itemsOf(world, at)]).length, storeBytes: 0 };
    },

    async freeze(at, _directory, _report, signal) {
      signal.throwIfAborted();
      refuseWrongSecret(world, at);
      world.views.set(placeOf(at), JSON.stringify([...itemsOf(world, at)].sort()));
      return { unavailableMs: kind === 'neo4j' ? world.unavailableMs : 0 };
    },

    async capture(at, directory, report, signal) {
      signal.throwIfAborted();
      const [items, artifact] = [world.views.get(placeOf(at)), join(directory, artifactOf[kind])];
      if (items !== undefined) {
        report({ done: items.length, total: items.length });
        signal.throwIfAborted();
        await writeFile(artifact, JSON.stringify({ sha256: sha256(items), items }));
      } else if ((await stat(artifact).catch(() => undefined)) === undefined) throw noView(at);
      world.views.delete(placeOf(at));
      return { files: [{ name: artifactOf[kind], compressed: kind === 'neo4j' }] };
    },

    async thaw(at) {
      world.views.delete(placeOf(at));
    },

    async check(_at, directory, report, signal) {
      signal.throwIfAborted();
      const items = await readArtifact(kind, directory);
      report({ done: items.length, total: items.length });
      const counted = kind === 'redis' ? { contents: contentsOf(kind, new Map(items)) } : {};
      return { tool: `fake ${kind} check`, result: `${items.length} items`, ...counted };
    },

    async load(at, directory, report, signal) {
      signal.throwIfAborted();
      const items = await readArtifact(kind, directory);
      if (world.inUse.has(placeOf(at))) {
        throw new DrydockError('refused', `load volume ${placeOf(at)}: a container uses it`);
      }
      world.held.set(placeOf(at), new Map(kind === 'qdrant' ? [] : items));
      report({ done: items.length, total: items.length });
    },

    async loadRunning(at, directory, report: Report) {
      if (kind !== 'qdrant') return;
      const items = await readArtifact(kind, directory);
      world.held.set(placeOf(at), new Map(items));
      report({ done: items.length, total: items.length });
    },
  };
}

async function readArtifact(kind: KindName, directory: string): Promise<[string, string][]> {
  try {
    const { sha256: expected, items } = JSON.parse(await readFile(join(directory, artifactOf[kind]), 'utf8'));
    if (sha256(items) === expected) return JSON.parse(items);
  } catch {
    // Missing and unreadable are as damaged as changed.
  }
  throw new DrydockError('damaged', `read the artifact ${artifactOf[kind]}: it is not what was written`);
}

function contentsOf(kind: KindName, items: Map<string, string>): StoreContents {
  const sorted = JSON.stringify([...items].sort());
  switch (kind) {
    case 'neo4j':
      return {
        kind,
        nodes: items.size,
        relationships: 0,
        labels: items.size > 0 ? { Item: items.size } : {},
        relationshipTypes: {},
        indexes: [],
        constraints: [],
      };
    case 'qdrant': {
      const collection = {
        points: items.size,
        vectors: { vectors: { distance: 'Cosine', size: 4 } },
        payloadIndexes: [],
      };
      return { kind, collections: { items: collection }, aliases: {} };
    }
    case 'redis':
      return { kind, keys: items.size, expiring: 0 };
    case 'files':
      return { kind, files: items.size, bytes: [...items.values()].join('').length, digest: sha256(sorted) };
  }
}

function itemsOf(world: StoreWorld, at: StoreTools): Map<string, string> {
  const items = world.held.get(placeOf(at));
  if (items) return items;
  const empty = new Map<string, string>();
  world.held.set(placeOf(at), empty);
  return empty;
}

function placeOf(at: StoreTools): string {
  return at.place === 'volume' ? at.volume : at.directory;
}

function refuseWrongSecret(world: StoreWorld, at: RunningStore): void {
  if (at.place === 'directory') return;
  const secret = world.secrets.get(at.volume);
  if (secret === undefined || secret === at.secret) return;
  throw new DrydockError('refused', `log in to store ${at.store} of ${at.instance}: the secret is not accepted`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
