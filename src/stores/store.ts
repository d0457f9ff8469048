import type { ProcessorShare } from '../drivers/docker/container-runtime.ts';
import type { OldNodesCare, SpaceCare } from './care.ts';
import type { Kind, KindName, ServiceSpec, StoreContents, StoreSpec } from './kinds.ts';

/**
 * The acts on one kind of store: count, freeze, capture what is frozen, check a capture, load a capture into an empty place.
 * Files written to `directory` are the artifacts; their names are the driver's and are repeated exactly by a second run.
 * Beside them a driver may use `.work` in it, which it removes.
 *
 * Every call may run twice, and may be killed in between: what the earlier one left is cleaned up or overwritten.
 * When `signal` aborts a call it rejects with the signal's reason, after it has put things back.
 * Errors: `unavailable` (no answer; worth another try), `refused` (the store does not accept the credentials, or the
 * volume to load into is in use), `tool-failed` (the store's tool ended with an error; its last lines are in the
 * message), `damaged` (an artifact is not readable), `unhealthy`, `no-space`. No message holds a secret.
 */
export interface StoreDriver<Tools extends StoreTools = StoreTools, Running extends RunningStore = RunningStore>
  extends Partial<OldNodesCare<Running>>,
    Partial<SpaceCare<Running>> {
  readonly kind: KindName;

  /**
   * Puts right what a killed freeze left: a store that it had stopped runs again and answers. To be called before the next
   * try counts, and when there will be no next try. Nothing to do for most kinds.
   */
  recover(at: Running, signal: AbortSignal): Promise<void>;

  /** Counts what the running store holds. Exact, never approximate. */
  contents(at: Running): Promise<StoreContents>;

  /** Version of the engine that serves, as the engine says it. */
  version(at: Running): Promise<string>;

  /** Version of the engine in an image, whether or not a store runs. */
  engineVersion(at: Tools): Promise<string>;

  /**
   * Bytes of free space needed at most: in `directory`'s file system by freeze, capture and the check after them, and in
   * the store's own by freeze and capture.
   */
  captureSpace(at: Running): Promise<{ stagingBytes: number; storeBytes: number }>;

  /**
   * Makes a view of the store as it is now, which stays as it is while the store is written: what must be done behind the
   * barrier, and no more. The view lies in `directory` (which exists and is empty or holds an earlier try's files), in the
   * store, or in both. A store that must be stopped for it runs again, and answers, before this returns or throws, also
   * when an earlier try was killed while it was stopped; a restart may give it another address. `signal` stops it early.
   */
  freeze(at: Running, directory: string, report: Report, signal: AbortSignal): Promise<Frozen>;

  /**
   * Writes the artifacts of the frozen view into `directory`, and removes from the store what the view took there. A try
   * that fails or is aborted leaves the view, so that the next one goes on. `mismatch` when there is no view any more.
   */
  capture(at: Running, directory: string, report: Report, signal: AbortSignal): Promise<Captured>;

  /** Gives up the view of `directory`: removes from the store what it took there. None is success. */
  thaw(at: Running, directory: string, signal: AbortSignal): Promise<void>;

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

  /** Runs a script of `init`: what is there already is success, and stays as it is. */
  init?(at: Running, text: string, signal: AbortSignal): Promise<void>;

  /** Runs a script of `migrations`. */
  migrate?(at: Running, text: string, report: Report, signal: AbortSignal): Promise<void>;

  /** The one number that a question is answered with; the store refuses to write for it. */
  ask?(at: Running, question: string): Promise<number>;
}

/** What its kind declares, a driver must offer. */
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
export interface RunningService<Spec extends ServiceSpec = ServiceSpec> extends ServiceTools {
  /** What the blueprint says of it. */
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
  /** How long the store could not be read for it. */
  unavailableMs: number;
}

export interface Captured {
  /** Artifact file names in the directory; `compressed` says whether zstd would be wasted on them. */
  files: { name: string; compressed: boolean }[];
}

interface Checked {
  tool: string;
  result: string;
  /** What the artifacts hold, where the tool counts it: exact also when the store was written while it was captured. */
  contents?: StoreContents;
}

/** Progress of one act: bytes when they are known. Called often; cheap. */
export type Report = (progress: { done: number; total?: number }) => void;
