import type { Report, RunningService, RunningStore } from './store.ts';

/** The acts of a graph for the cleanup of old nodes. */
export interface OldNodesCare<Running extends RunningStore = RunningService> {
  /** Counts nodes and the types of their dates, in one read; `tool-failed` when the server cannot tell types. */
  countOldNodes(at: Running, nodes: OldNodes, signal: AbortSignal): Promise<OldNodeCounts>;
  /**
   * Deletes old nodes with their relationships in small transactions and yields after each one; no transaction is open
   * then, so the caller may stop. Every node is tested again under its write lock: a node that no longer fits stays.
   * Deletions survive a later failed transaction, so repeating goes on.
   */
  deleteOldNodes(at: Running, nodes: OldNodes, signal: AbortSignal): AsyncGenerator<DeletedNodes>;
}

/** Nodes of a label with these values; they are old when the date in `property` is before `cutoff` (ISO 8601). */
export interface OldNodes {
  label: string;
  property: string;
  where: Readonly<Record<string, string | number | boolean>>;
  cutoff: string;
}

/** `matching` have the values, `due` are old as well. `dateTypes`: the number of matching nodes by type of date. */
export interface OldNodeCounts {
  total: number;
  matching: number;
  due: number;
  undated: number;
  dateTypes: Record<string, number>;
}

/** The result of one transaction. */
export interface DeletedNodes {
  nodes: number;
  relationships: number;
}

/** The acts of a vector store for the cleanup of deleted points. */
export interface SpaceCare<Running extends RunningStore = RunningService> {
  /** The space of every collection, and how much of it deleted points take; sorted by name. */
  space(at: Running, dueShare: number): Promise<CollectionSpace[]>;
  /** Undefined without such a collection. */
  vacuum(at: Running, collection: string): Promise<Vacuum | undefined>;
  /** Changes when the server rewrites a segment, and verifies the change. The server restarts rewriting under way. */
  setVacuum(at: Running, collection: string, vacuum: Vacuum): Promise<void>;
  /**
   * Waits until no segment is due and none is being rewritten. `late` when this takes beyond `limit.until` (clock time
   * in milliseconds); `unhealthy` when the server does not begin.
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
 * The server rewrites a segment without its deleted points when their share exceeds the threshold and the segment has
 * at least that many points; the server accepts no number below 100.
 */
export interface Vacuum {
  deletedThreshold: number;
  minimumPoints: number;
}
export const leastVacuumPoints = 100;

/** `segmentsDue`: segments with more deleted points than asked, and enough of them. `sizeBytes`: on disk. */
export interface CollectionSpace {
  collection: string;
  points: number;
  deletedPoints: number;
  deletedShare: number;
  segmentsDue: number;
  sizeBytes: number;
}
