import type { Report, RunningService, RunningStore } from './store.ts';

/** What the cleanup of old nodes does in a graph. */
export interface OldNodesCare<Running extends RunningStore = RunningService> {
  /** Counts nodes and types of their dates, in one read; `tool-failed` by a server that cannot tell a type. */
  countOldNodes(at: Running, nodes: OldNodes, signal: AbortSignal): Promise<OldNodeCounts>;
  /**
   * Deletes old nodes with their relationships in small transactions, and yields after each of them; nothing is open then,
   * so the caller may leave. Every node is tested again under its write lock: one that no longer fits stays. What is gone
   * stays gone when the next transaction fails, so repeating goes on.
   */
  deleteOldNodes(at: Running, nodes: OldNodes, signal: AbortSignal): AsyncGenerator<DeletedNodes>;
}

/** Nodes of a label that have these values, and are old when the date in `property` is before `cutoff` (ISO 8601). */
export interface OldNodes {
  label: string;
  property: string;
  where: Readonly<Record<string, string | number | boolean>>;
  cutoff: string;
}

/** `matching` have the values, `due` are old as well. `dateTypes`: how many of the matching have a date of which type. */
export interface OldNodeCounts {
  total: number;
  matching: number;
  due: number;
  undated: number;
  dateTypes: Record<string, number>;
}

/** What one transaction has deleted. */
export interface DeletedNodes {
  nodes: number;
  relationships: number;
}

/** What the cleanup of deleted points does in a store of vectors. */
export interface SpaceCare<Running extends RunningStore = RunningService> {
  /** What every collection takes, and how much of it is for deleted points; sorted by name. */
  space(at: Running, dueShare: number): Promise<CollectionSpace[]>;
  /** Undefined when there is no such collection. */
  vacuum(at: Running, collection: string): Promise<Vacuum | undefined>;
  /** Changes when the server rewrites a segment, and looks that it is so. It stops and begins anew what it was rewriting. */
  setVacuum(at: Running, collection: string, vacuum: Vacuum): Promise<void>;
  /**
   * Waits until no segment is due and nothing is rewritten. `late` when that is not so at `limit.until` (milliseconds of
   * the clock); `unhealthy` when the server does not begin.
   */
  awaitVacuum(
    at: Running,
    collection: string,
    limit: { dueShare: number; until: number },
    report: Report,
    signal: AbortSignal,
  ): Promise<'done' | 'late'>;
}

/**
 * A segment is rewritten without its deleted points when their share of it is above the threshold, and when it has that
 * many points, of which 100 is the least the server takes.
 */
export interface Vacuum {
  deletedThreshold: number;
  minimumPoints: number;
}
export const leastVacuumPoints = 100;

/** `segmentsDue`: those with a larger share of deleted points than asked for, and enough of them. On disk, in `sizeBytes`. */
export interface CollectionSpace {
  collection: string;
  points: number;
  deletedPoints: number;
  deletedShare: number;
  segmentsDue: number;
  sizeBytes: number;
}
