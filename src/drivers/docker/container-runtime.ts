import type { Readable, Writable } from 'node:stream';

/**
 * A container engine for everything outside Compose. Every object it makes carries the given labels. "Not found" is
 * `undefined` on reads, success on removals, and the error `not-found` where the object is needed. Other errors:
 * `unavailable` when the engine does not answer, `tool-failed` with the engine's sentence. Nothing here retries.
 */
export interface ContainerRuntime {
  /**
   * Runs one command in a fresh container, waits for its end and removes the container, also when aborted (then the
   * signal's reason is thrown). The exit code is the real one; a code other than 0 is a result, not an error. Safe to
   * repeat: a dead worker's container of the same name and labels is removed first, one with other labels is
   * `not-ours`. A named volume must exist (`not-found`): the engine would make an empty one.
   */
  run(job: OneOff, signal?: AbortSignal): Promise<OneOffResult>;
  /** The same in three steps: `prepare` creates the container, `run` starts it, disposal removes it. */
  prepare(job: OneOff, signal?: AbortSignal): Promise<PreparedOneOff>;

  /**
   * Runs a command inside a running container; a command that cannot be executed is `tool-failed`. The command may hold
   * no secret.
   */
  exec(container: string, command: readonly string[]): Promise<ExecResult>;

  /** Containers that carry all of these labels, including stopped ones. */
  containers(labels: Labels): Promise<ContainerView[]>;
  /** One container by id or name. */
  container(idOrName: string): Promise<ContainerView | undefined>;
  /** Sends the stop signal, waits up to `graceSeconds`, then kills. Returns the ending; already stopped is success. */
  stop(idOrName: string, graceSeconds: number): Promise<{ exitCode: number; killed: boolean }>;
  start(idOrName: string): Promise<void>;
  /** Kills and removes a container that carries all these labels; absent is success, other labels `not-ours`. */
  removeContainer(idOrName: string, labels: Labels): Promise<void>;
  /** Last lines of the container's log, for error messages. */
  logTail(idOrName: string, lines: number): Promise<string>;

  /** Creates a volume; an existing one with the same labels is success, with other labels `not-ours`. */
  createVolume(name: string, labels: Labels): Promise<void>;
  volume(name: string): Promise<VolumeView | undefined>;
  volumes(labels: Labels): Promise<VolumeView[]>;
  /** Removes a volume that carries all these labels; absent is success, other labels `not-ours`. */
  removeVolume(name: string, labels: Labels): Promise<void>;
  networks(labels: Labels): Promise<{ name: string; labels: Labels }[]>;
  /** Removes a network with all these labels and no containers; absent is success, other labels `not-ours`. */
  removeNetwork(name: string, labels: Labels): Promise<void>;

  /** Content-addressed id and repo digests of a local image; undefined when absent. */
  image(reference: string): Promise<{ id: string; digest: string } | undefined>;
  /** Pulls an image if it is absent. The error names the image. */
  ensureImage(reference: string): Promise<void>;
  /** Removes a name of an image, and the image with its last name. Absent is success; `refused` when in use. */
  removeImage(reference: string): Promise<void>;

  /** Published ports of all running containers of the engine. */
  publishedPorts(): Promise<{ port: number; container: string }[]>;
  engine(): Promise<EngineView>;
}

export interface EngineView {
  version: string;
  /** Version of its API, as `1.51`. */
  api: string;
  memoryBytes: number;
  cpus: number;
  dataRoot: string;
}

export type Labels = Record<string, string>;

export interface Mount {
  kind: 'volume' | 'bind';
  source: string;
  target: string;
  access: 'read-write' | 'read-only';
}

export interface OneOff {
  name: string;
  image: string;
  command: readonly string[];
  entrypoint?: readonly string[];
  env?: Record<string, string>;
  user?: string;
  mounts?: readonly Mount[];
  /** `none` unless the job must reach a network by its name. */
  network?: string;
  labels: Labels;
  memoryBytes?: number;
  /** The most processors, and the weight against other containers, which have 1024. */
  processors?: ProcessorShare | undefined;
  /** Closed after its last byte. A broken input kills the container, which must not take the break for the end. */
  stdin?: Readable;
  /**
   * Receives stdout, with backpressure. Ended after exit code 0, destroyed otherwise: a reader never takes half an
   * output for a whole one. Without it stdout is kept as text; more than 1 MiB is `tool-failed`.
   */
  stdout?: Writable;
}

export interface ProcessorShare {
  cpus: number;
  shares: number;
}

export interface PreparedOneOff extends AsyncDisposable {
  /** At most once. */
  run(): Promise<OneOffResult>;
}

export interface OneOffResult {
  exitCode: number;
  oomKilled: boolean;
  stdout: string;
  /** The last 64 KiB. */
  stderr: string;
}

export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface ContainerView {
  id: string;
  name: string;
  image: string;
  imageId: string;
  labels: Labels;
  state: 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'removing';
  health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  exitCode: number;
  oomKilled: boolean;
  startedAt: string;
  /** The container's address per network name, reachable from the host over the bridge. */
  addresses: Record<string, string>;
  volumes: { name: string; target: string }[];
}

export interface VolumeView {
  name: string;
  labels: Labels;
}
