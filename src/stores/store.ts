import type { ProcessorShare } from '../drivers/docker/container-runtime.ts';
import type { OldNodesCare, SpaceCare } from './care.ts';
import type { Kind, KindName, ServiceSpec, StoreContents, StoreSpec } from './kinds.ts';

/**
 * The acts on one kind of store: count, freeze, capture the frozen view, check a capture, load it into an empty place.
 * Files written to `directory` are the artifacts; the driver names them, and a second run repeats the names exactly.
 * A driver may also use `.work` in that directory, and removes it afterwards.
 *
 * Every call may run twice, and may be killed in between: leftovers of the earlier call are removed or overwritten.
 * When `signal` aborts a call, the call restores the store and rejects with the signal's reason.
 * Errors: `unavailable` (no answer; worth another try), `refused` (the store does not accept the credentials, or the
 * volume to load into is in use), `tool-failed` (the store's tool ended with an error; its last lines are in the
 * message), `damaged` (an artifact is not readable), `unhealthy`, `no-space`. No message holds a secret.
 */
export interface StoreDriver<Tools extends StoreTools = StoreTools, Running extends RunningStore = RunningStore>
  extends Partial<OldNodesCare<Running>>,
    Partial<SpaceCare<Running>> {
  readonly kind: KindName;

  /**
   * Repairs the state after a killed freeze: a store that the freeze had stopped runs again and answers. Called before
   * the next try counts, and when no try follows. Nothing to do for most kinds.
   */
  recover(at: Running, signal: AbortSignal): Promise<void>;

  /** Counts the contents of the running store. Exact, never approximate. */
  contents(at: Running): Promise<StoreContents>;

  /** Version of the serving engine, as the engine says. */
  version(at: Running): Promise<string>;

  /** Version of the engine in an image, whether or not a store runs. */
  engineVersion(at: Tools): Promise<string>;

  /**
   * The most free bytes needed: in `directory`'s file system for freeze, capture and the check after them, and in the
   * store's own for freeze and capture.
   */
  captureSpace(at: Running): Promise<{ stagingBytes: number; storeBytes: number }>;

  /**
   * Makes a view of the store's present state that later writes do not change: only this part needs the barrier. The
   * view lies in `directory` (which exists and is empty or holds an earlier try's files), in the store, or in both. A
   * store stopped for the freeze runs and answers again before this returns or throws, even when an earlier try was
   * killed during the stop; a restart may change its address. `signal` stops it early.
   */
  freeze(at: Running, directory: string, report: Report, signal: AbortSignal): Promise<Frozen>;

  /**
   * Writes the artifacts of the frozen view into `directory`, and frees the view's space in the store. A failed or
   * aborted try leaves the view, so that the next try goes on. `mismatch` when the view is gone.
   */
  capture(at: Running, directory: string, report: Report, signal: AbortSignal): Promise<Captured>;

  /** Gives up the view of `directory` and frees its space in the store. No view is success. */
  thaw(at: Running, directory: string, signal: AbortSignal): Promise<void>;

  /** Proves with the store's own tool that artifacts in `directory` are whole; `damaged` if not. Changes nothing. */
  check(at: Tools, directory: string, report: Report, signal: AbortSignal): Promise<Checked>;

  /**
   * Loads artifacts into the empty volume of a store that has never started. `loadRunning` loads files that need a
   * running server. A volume half filled by an earlier try is emptied first; a volume in use by a running container is
   * `refused`.
   */
  load(at: Tools, directory: string, report: Report, signal: AbortSignal): Promise<void>;

  /** The second half of loading, into the running, healthy store. Nothing to do for most kinds. */
  loadRunning(at: Running, directory: string, report: Report, signal: AbortSignal): Promise<void>;

  /** Runs a script of `init`: existing objects are success and stay unchanged. */
  init?(at: Running, text: string, signal: AbortSignal): Promise<void>;

  /** Runs a script of `migrations`. */
  migrate?(at: Running, text: string, report: Report, signal: AbortSignal): Promise<void>;

  /** The number that answers a question; the store refuses writes by the question. */
  ask?(at: Running, question: string): Promise<number>;
}

/** Acts that the kind declares are required. */
type Offered<K> =
  | (K extends { script: object } ? 'init' | 'migrate' : never)
  | (K extends { question: object } ? 'ask' : never)
  | (K extends { care: { removes: 'old nodes' } } ? keyof OldNodesCare : never)
  | (K extends { care: { removes: 'deleted points' } } ? keyof SpaceCare : never);

/** The driver of one kind. */
export type DriverOf<Name extends KindName, Tools extends StoreTools, Running extends RunningStore> = StoreDriver<
  Tools,
  Running
> &
  Required<Pick<StoreDriver<Tools, Running>, Offered<Extract<Kind, { name: Name }>>>>;

/** One driver for each kind. */
export type StoreDrivers = {
  readonly [Name in KindName]: Extract<StoreSpec, { kind: Name }> extends infer Spec extends StoreSpec
    ? Spec extends ServiceSpec
      ? DriverOf<Name, ServiceTools, RunningService<Spec>>
      : DriverOf<Name, HostFiles, HostFiles>
    : never;
};

/** Everything needed to run a store's tools without a running store. */
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
  /** The tools' limit of processors; absent for no limit. */
  processors?: ProcessorShare | undefined;
  /** Prefix of one-off containers' and temporary volumes' names: unique per instance and store. */
  namePrefix: string;
}

/** The caller reads `secret` from the instance's `.env`; it never leaves the process. */
export interface RunningService<Spec extends ServiceSpec = ServiceSpec> extends ServiceTools {
  /** The store's entry in the blueprint. */
  spec: Spec;
  /** Container name. */
  container: string;
  /** Address on the stores network, reachable from the host. It may change when the container restarts. */
  address: string;
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

export interface Frozen {
  /** How long the freeze kept the store from being read. */
  unavailableMs: number;
}

export interface Captured {
  /** Artifact file names in the directory; `compressed` files gain nothing from zstd. */
  files: { name: string; compressed: boolean }[];
}

interface Checked {
  tool: string;
  result: string;
  /** The artifacts' contents, when the tool counts them: exact even if the store was written during the capture. */
  contents?: StoreContents;
}

/** Progress of one act: bytes when known. Called often; must be cheap. */
export type Report = (progress: { done: number; total?: number }) => void;
