import { buffer } from 'node:stream/consumers';
import type {
  ContainerRuntime,
  ContainerView,
  ExecResult,
  Labels,
  OneOff,
  OneOffResult,
  PreparedOneOff,
  VolumeView,
} from '../../../src/drivers/docker/container-runtime.ts';
import { DrydockError } from '../../../src/errors.ts';

export interface Invocation {
  command: readonly string[];
  env: Record<string, string>;
  stdin: Buffer;
  /** The whole job of a one-off; undefined for a command in a running container. */
  job?: OneOff;
  container?: string;
  signal?: AbortSignal | undefined;
}
export type Program = (call: Invocation) => Promise<Partial<ExecResult>> | Partial<ExecResult>;

export interface FakeContainerRuntime extends ContainerRuntime {
  /** Adds or replaces a container, running unless the view says otherwise. */
  place(name: string, view?: Partial<ContainerView> & { log?: string }): void;
  /** Takes a container away, as Compose does. */
  discard(name: string): void;
  /** Everything that was run, in order. */
  readonly calls: Invocation[];
}

/** A container engine in memory. `programs` says what a command does, by its words joined with blanks or its first word. */
export function createFakeContainerRuntime(
  options: { programs?: Record<string, Program>; images?: string[] } = {},
): FakeContainerRuntime {
  const containers = new Map<string, ContainerView & { log: string }>();
  const volumes = new Map<string, VolumeView>();
  const images = new Set(options.images ?? ['image']);
  const calls: Invocation[] = [];

  const find = (idOrName: string) =>
    containers.get(idOrName) ?? [...containers.values()].find((c) => c.id === idOrName);
  const need = (idOrName: string) => {
    const found = find(idOrName);
    if (found === undefined) throw new DrydockError('not-found', `find the container ${idOrName}`);
    return found;
  };
  const place: FakeContainerRuntime['place'] = (name, view = {}) => {
    containers.set(name, { ...emptyView(name), log: '', ...view });
  };
  const invoke = async (call: Invocation): Promise<ExecResult> => {
    calls.push(call);
    const program = options.programs?.[call.command.join(' ')] ?? options.programs?.[call.command[0] ?? ''];
    if (program === undefined) {
      throw new DrydockError('tool-failed', `run ${call.command[0]}: the command cannot be executed`);
    }
    return { exitCode: 0, stdout: '', stderr: '', ...(await program(call)) };
  };

  const prepare = async (job: OneOff, signal?: AbortSignal): Promise<PreparedOneOff> => {
    signal?.throwIfAborted();
    for (const mount of job.mounts ?? []) {
      if (mount.kind === 'volume' && !volumes.has(mount.source)) {
        throw new DrydockError('not-found', `run ${job.name}: there is no volume ${mount.source}`);
      }
    }
    const left = find(job.name);
    if (left !== undefined && !carries(left.labels, job.labels)) {
      throw new DrydockError('not-ours', `run ${job.name}: another container has that name`);
    }
    place(job.name, { labels: job.labels, image: job.image, state: 'created' });
    return {
      run: () => runPrepared(job, signal),
      [Symbol.asyncDispose]: async () => void containers.delete(job.name),
    };
  };
  const runPrepared = async (job: OneOff, signal?: AbortSignal): Promise<OneOffResult> => {
    signal?.throwIfAborted();
    place(job.name, { labels: job.labels, image: job.image });
    try {
      const stdin = job.stdin === undefined ? Buffer.alloc(0) : await buffer(job.stdin);
      const { command, env = {} } = job;
      const ended = await rejectOnAbort(invoke({ command, env, stdin, job, signal }), signal);
      if (job.stdout !== undefined && ended.exitCode === 0) job.stdout.end(ended.stdout);
      if (job.stdout !== undefined && ended.exitCode !== 0) job.stdout.destroy();
      return { ...ended, stdout: job.stdout === undefined ? ended.stdout : '', oomKilled: false };
    } catch (error) {
      job.stdout?.destroy();
      throw error;
    }
  };
  const run = async (job: OneOff, signal?: AbortSignal): Promise<OneOffResult> => {
    await using prepared = await prepare(job, signal);
    return await prepared.run();
  };

  const setVolume = (name: string, labels: Labels) => {
    const found = volumes.get(name);
    if (found !== undefined && !carries(found.labels, labels)) {
      throw new DrydockError('not-ours', `the volume ${name} exists with other labels`);
    }
    volumes.set(name, found ?? { name, labels });
  };

  return {
    calls,
    place,
    discard: (name) => void containers.delete(name),
    run,
    prepare,
    async exec(container, command) {
      const { name } = need(container);
      return invoke({ command, env: {}, stdin: Buffer.alloc(0), container: name, signal: undefined });
    },
    containers: async (labels) => [...containers.values()].filter((view) => carries(view.labels, labels)),
    container: async (idOrName) => find(idOrName),
    async stop(idOrName) {
      const found = need(idOrName);
      if (found.state === 'running') Object.assign(found, { state: 'exited', exitCode: 0, addresses: {} });
      return { exitCode: found.exitCode, killed: found.exitCode === 137 };
    },
    async start(idOrName) {
      Object.assign(need(idOrName), { state: 'running', exitCode: 0 });
    },
    async removeContainer(idOrName, labels) {
      const found = find(idOrName);
      if (found === undefined) return;
      if (!carries(found.labels, labels)) {
        throw new DrydockError('not-ours', `the container ${idOrName} carries other labels`);
      }
      containers.delete(found.name);
    },
    logTail: async (idOrName, lines) => need(idOrName).log.split('\n').slice(-lines).join('\n'),
    createVolume: async (name, labels) => setVolume(name, labels),
    volume: async (name) => volumes.get(name),
    volumes: async (labels) => [...volumes.values()].filter((volume) => carries(volume.labels, labels)),
    async removeVolume(name, labels) {
      const found = volumes.get(name);
      if (found !== undefined && !carries(found.labels, labels)) {
        throw new DrydockError('not-ours', `the volume ${name} exists with other labels`);
      }
      volumes.delete(name);
    },
    networks: async () => [],
    removeNetwork: async () => {},
    image: async (reference) =>
      images.has(reference) ? { id: `sha256:${reference}`, digest: `sha256:${reference}` } : undefined,
    async ensureImage(reference) {
      images.add(reference);
    },
    async removeImage(reference) {
      if ([...containers.values()].some(({ image }) => image === reference)) {
        throw new DrydockError('refused', `the image ${reference} is in use`);
      }
      images.delete(reference);
    },
    publishedPorts: async () => [],
    engine: async () => ({ version: 'fake', api: '1.51', memoryBytes: 64 * 1024 ** 3, cpus: 8, dataRoot: '/volumes' }),
  };
}

function carries(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return Promise.race([
    work,
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
  ]);
}

function emptyView(name: string): ContainerView {
  return {
    id: `id-${name}`,
    name,
    image: 'image',
    imageId: 'sha256:image',
    labels: {},
    state: 'running',
    health: 'none',
    exitCode: 0,
    oomKilled: false,
    startedAt: '2026-01-01T00:00:00Z',
    addresses: {},
    volumes: [],
  };
}
