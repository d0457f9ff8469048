import { isDeepStrictEqual } from 'node:util';
import {
  type CollectionSpace,
  leastVacuumPoints,
  type OldNodes,
  type OldNodesCare,
  type SpaceCare,
  type Vacuum,
} from '../../../src/stores/care.ts';
import type { RunningService } from '../../../src/stores/store.ts';

/** A node with its properties; a `Date` is a moment with a time zone, as Neo4j keeps it. */
export interface FakeNode {
  label: string;
  properties: Record<string, string | number | boolean | Date>;
  relationships: number;
}

export interface FakeSegment {
  collection: string;
  points: number;
  deleted: number;
}

/** What can be cleaned up, by volume. Segments are as large as their points and deleted points are many, in KiB. */
export interface CleanupWorld {
  nodes: Map<string, FakeNode[]>;
  segments: Map<string, FakeSegment[]>;
  /** Optimizer settings, only of collections whose settings differ from those of a new collection. */
  vacuums: Map<string, Map<string, Vacuum>>;
}

const serverDefault: Vacuum = { deletedThreshold: 0.2, minimumPoints: 1000 };
const nodesInBatch = 2;

export function fakeNodeCleanup(world: CleanupWorld): OldNodesCare {
  const nodesOf = ({ volume }: RunningService) => world.nodes.get(volume) ?? [];
  return {
    async countOldNodes(at, old, signal) {
      signal.throwIfAborted();
      const all = nodesOf(at).filter(({ label }) => label === old.label);
      const matching = all.filter((node) => fits(node, old));
      const dateTypes: Record<string, number> = {};
      for (const { properties } of matching) {
        const type = typeOf(properties[old.property]);
        if (type !== undefined) dateTypes[type] = (dateTypes[type] ?? 0) + 1;
      }
      return {
        total: all.length,
        matching: matching.length,
        due: matching.filter((node) => isOld(node, old)).length,
        undated: matching.filter(({ properties }) => properties[old.property] === undefined).length,
        dateTypes,
      };
    },

    async *deleteOldNodes(at, old, signal) {
      for (;;) {
        signal.throwIfAborted();
        const batch = nodesOf(at)
          .filter((node) => node.label === old.label && fits(node, old) && isOld(node, old))
          .slice(0, nodesInBatch);
        if (batch.length === 0) return;
        world.nodes.set(
          at.volume,
          nodesOf(at).filter((node) => !batch.includes(node)),
        );
        const relationships = batch.reduce((sum, node) => sum + node.relationships, 0);
        yield { nodes: batch.length, relationships };
      }
    },
  };
}

export function fakeVacuum(world: CleanupWorld): SpaceCare {
  const segmentsOf = ({ volume }: RunningService) => world.segments.get(volume) ?? [];
  const vacuum = ({ volume }: RunningService, collection: string) =>
    world.vacuums.get(volume)?.get(collection) ?? serverDefault;
  return {
    async space(at, dueShare) {
      const names = [...new Set(segmentsOf(at).map(({ collection }) => collection))].sort();
      return names.map((name) => spaceOf(name, segmentsOf(at), dueShare));
    },

    async vacuum(at, collection) {
      const there = segmentsOf(at).some((segment) => segment.collection === collection);
      return there ? vacuum(at, collection) : undefined;
    },

    async setVacuum(at, collection, wanted) {
      const all = new Map(world.vacuums.get(at.volume)).set(collection, wanted);
      if (isDeepStrictEqual(wanted, serverDefault)) all.delete(collection);
      if (all.size > 0) world.vacuums.set(at.volume, all);
      else world.vacuums.delete(at.volume);
    },

    async awaitVacuum(at, collection, { dueShare, until }, report, signal) {
      signal.throwIfAborted();
      const { deletedThreshold, minimumPoints } = vacuum(at, collection);
      const segments = segmentsOf(at).filter((segment) => segment.collection === collection);
      for (const segment of segments.filter((candidate) => isDue(candidate, deletedThreshold, minimumPoints))) {
        if (Date.now() >= until) return 'late';
        segment.deleted = 0;
        report({ done: segments.reduce((sum, { deleted }) => sum + deleted, 0) });
      }
      return segments.some((segment) => isDue(segment, dueShare)) ? 'late' : 'done';
    },
  };
}

function fits({ properties }: FakeNode, { where }: OldNodes): boolean {
  return Object.entries(where).every(([name, value]) => properties[name] === value);
}

function isOld({ properties }: FakeNode, { property, cutoff }: OldNodes): boolean {
  const since = properties[property];
  return since instanceof Date && since.getTime() < Date.parse(cutoff);
}

function typeOf(value: FakeNode['properties'][string] | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value instanceof Date) return 'ZONED DATETIME';
  return { string: 'STRING', number: 'INTEGER', boolean: 'BOOLEAN' }[typeof value as 'string'];
}

function isDue({ points, deleted }: FakeSegment, share: number, minimumPoints = leastVacuumPoints): boolean {
  return points + deleted >= minimumPoints && deleted / (points + deleted) > share;
}

function spaceOf(collection: string, segments: readonly FakeSegment[], dueShare: number): CollectionSpace {
  const own = segments.filter((segment) => segment.collection === collection);
  const points = own.reduce((sum, segment) => sum + segment.points, 0);
  const deletedPoints = own.reduce((sum, { deleted }) => sum + deleted, 0);
  return {
    collection,
    points,
    deletedPoints,
    deletedShare: deletedPoints === 0 ? 0 : deletedPoints / (points + deletedPoints),
    segmentsDue: own.filter((segment) => isDue(segment, dueShare)).length,
    sizeBytes: 1024 * (points + deletedPoints),
  };
}
