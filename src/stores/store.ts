import { z } from 'zod';
import type { StoreContents } from '../contracts/contents.ts';
import type { ProcessorShare } from '../drivers/docker/container-runtime.ts';

/**
 * One kind of store. The same four acts for all: count, capture, check a capture, load a capture into an empty place.
 * Files written to `directory` are the artifacts; their names are the driver's and are repeated exactly by a second run.
 * Beside them a driver may use `.work` in it, which it removes.
 *
 * Every call may run twice, and may be killed in between: what the earlier one left is cleaned up or overwritten.
 * When `signal` aborts a call it rejects with the signal's reason, after it has put things back.
 * Errors: `unavailable` (no answer; worth another try), `refused` (the store does not accept the credentials, or the
 * volume to load into is in use), `tool-failed` (the store's tool ended with an error; its last lines are in the
 * message), `damaged` (an artifact is not readable), `unhealthy`, `no-space`. No message holds a secret.
 */
export interface StoreDriver<Tools extends StoreTools = StoreTools, Running extends RunningStore = RunningStore> {
  readonly kind: StoreContents['kind'];

  /**
   * Puts right what a killed capture left: a store that it had stopped runs again and answers. To be called before the
   * next try counts, and when there will be no next try. Nothing to do for most kinds.
   */
  recover(at: Running, signal: AbortSignal): Promise<void>;

  /** Counts what the running store holds. Exact, never approximate. */
  contents(at: Running): Promise<StoreContents>;

  /** Version of the engine that serves, as the engine says it. */
  version(at: Running): Promise<string>;

  /** Version of the engine in an image, whether or not a store runs. */
  engineVersion(at: Tools): Promise<string>;

  /**
   * Bytes of free space needed at most: in `directory`'s file system by the capture and the check after it, and in the
   * store's own by the capture.
   */
  captureSpace(at: Running): Promise<{ stagingBytes: number; storeBytes: number }>;

  /**
   * Writes the artifacts of the store into `directory` (which exists and is empty or holds an earlier try's files).
   * A store that must be stopped for it runs again, and answers, before this returns or throws, also when an earlier
   * try was killed while it was stopped; its time down is returned. A restart may give it another address.
   * Temporary things made inside the store (snapshots) are removed again. `signal` stops it early.
   */
  capture(at: Running, directory: string, report: Report, signal: AbortSignal): Promise<Captured>;

  /** Proves with the store's own tool that the artifacts in `directory` are whole; `damaged` if not. Touches nothing else. */
  check(at: Tools, directory: string, report: Report, signal: AbortSignal): Promise<Checked>;

  /**
   * Loads artifacts into the empty volume of a store that has never started. Files that can only be loaded into a
   * running server are loaded by `loadRunning`. A volume that an earlier try has half filled is emptied first; one that
   * a running container uses is `refused`.
   */
  load(at: Tools, directory: string, report: Report, signal: AbortSignal): Promise<void>;

  /** The second half of loading, into the running, healthy store. Nothing to do for most kinds. */
  loadRunning(at: Running, directory: string, report: Report, signal: AbortSignal): Promise<void>;
}

/** What procedures do with a graph beyond the four acts. */
export interface Neo4jStore extends StoreDriver<ServiceTools, RunningService> {
  /** Runs the statements of a Cypher file, divided by semicolons, one transaction each. */
  runCypher(at: RunningService, script: string, signal?: AbortSignal): Promise<void>;
  /** The one number a statement returns that only reads; the server refuses to write in it. */
  scalar(at: RunningService, cypher: string, parameters?: Record<string, unknown>): Promise<number>;
  /** The one number a statement returns that writes, such as how many nodes it deleted. */
  change(at: RunningService, cypher: string, parameters?: Record<string, unknown>): Promise<number>;
  /** Waits until all indexes are online; `unhealthy` if one has failed. */
  awaitIndexes(at: RunningService, limitSeconds: number): Promise<void>;
  /** Counts nodes and types of their dates, in one read; `tool-failed` before Neo4j 5.13, which cannot tell a type. */
  countOldNodes(at: RunningService, nodes: OldNodes, signal: AbortSignal): Promise<OldNodeCounts>;
  /**
   * Deletes old nodes with their relationships in small transactions, and yields after each of them; nothing is open then,
   * so the caller may leave. Every node is tested again under its write lock: one that no longer fits stays. What is gone
   * stays gone when the next transaction fails, so repeating goes on.
   */
  deleteOldNodes(at: RunningService, nodes: OldNodes, signal: AbortSignal): AsyncGenerator<DeletedNodes>;
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

/** What procedures do with a vector store beyond the four acts. */
export interface QdrantStore extends StoreDriver<ServiceTools, RunningService> {
  /**
   * Creates the collections that are missing, and points the aliases. Collections that exist keep everything they have;
   * `mismatch`, before anything is created, if one of them has other vector parameters.
   */
  applyCollections(at: RunningService, definition: CollectionsDefinition): Promise<{ created: string[] }>;
  /** Sends requests one after the other. To delete what is not there is success; anything else it does not accept is `tool-failed`. */
  apply(at: RunningService, requests: readonly QdrantRequest[], report: Report, signal: AbortSignal): Promise<void>;
  /** What every collection takes, and how much of it is for deleted points; sorted by name. */
  space(at: RunningService, dueShare: number): Promise<CollectionSpace[]>;
  /** Undefined when there is no such collection. */
  vacuum(at: RunningService, collection: string): Promise<Vacuum | undefined>;
  /** Changes when the server rewrites a segment, and looks that it is so. It stops and begins anew what it was rewriting. */
  setVacuum(at: RunningService, collection: string, vacuum: Vacuum): Promise<void>;
  /**
   * Waits until no segment is due and nothing is rewritten. `late` when that is not so at `limit.until` (milliseconds of
   * the clock); `unhealthy` when the server does not begin.
   */
  awaitVacuum(
    at: RunningService,
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

/** One request to the server's own interface, as migrations name them. */
export const QdrantRequest = z.strictObject({
  method: z.enum(['POST', 'PUT', 'PATCH', 'DELETE']),
  path: z.string().startsWith('/'),
  body: z.unknown().optional(),
});
export type QdrantRequest = z.infer<typeof QdrantRequest>;

/** Bodies of `PUT /collections/<name>` by name, and collection names by alias. */
export interface CollectionsDefinition {
  collections: Record<string, Record<string, unknown>>;
  aliases?: Record<string, string>;
}

/** One driver for each kind. */
export interface StoreDrivers {
  neo4j: Neo4jStore;
  qdrant: QdrantStore;
  redis: StoreDriver<ServiceTools, RunningService>;
  files: StoreDriver<HostFiles, HostFiles>;
}

/** What is needed to run a store's tools without the store running. */
export type StoreTools = ServiceTools | HostFiles;

/** A store that can be read and captured. */
export type RunningStore = RunningService | HostFiles;

/** A store that is a service with a volume; its tools run in one-off containers of the same image. */
export interface ServiceTools {
  place: 'volume';
  instance: string;
  store: string;
  image: string;
  volume: string;
  /** Extra labels for every one-off container and temporary volume. */
  labels: Record<string, string>;
  /** What its tools may take of the processors; everything when it is absent. */
  processors?: ProcessorShare;
  /** Prefix for the names of one-off containers and temporary volumes: unique per instance and store. */
  namePrefix: string;
}

/** `secret` is read from the instance's `.env` by the caller and never leaves the process. */
export interface RunningService extends ServiceTools {
  /** Container name. */
  container: string;
  /** Address on the stores network, reachable from the host. It may change when the container restarts. */
  address: string;
  database: string;
  user: string;
  secret: string | undefined;
}

/** Files of an instance on the host: `paths` are relative to `directory`. */
export interface HostFiles {
  place: 'directory';
  instance: string;
  store: string;
  directory: string;
  paths: readonly string[];
}

export interface Captured {
  /** Artifact file names in the directory; `compressed` says whether zstd would be wasted on them. */
  files: { name: string; compressed: boolean }[];
  unavailableMs: number;
}

export interface Checked {
  tool: string;
  result: string;
  /** What the artifacts hold, where the tool counts it: exact also when the store was written while it was captured. */
  contents?: StoreContents;
}

/** Progress of one act: bytes when they are known. Called often; cheap. */
export type Report = (progress: { done: number; total?: number }) => void;
