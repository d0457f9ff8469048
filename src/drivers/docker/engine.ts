import Docker from 'dockerode';
import type { ContainerRuntime, ContainerView, EngineView, Labels } from './container-runtime.ts';
import { answerTimeoutMs, ask, askMaybe, engineError, hasStatus } from './engine-errors.ts';
import { execIn } from './exec.ts';
import { ensureImage, findImage, removeImage } from './images.ts';
import { logTail } from './log-tail.ts';
import { findNetworks, removeNetwork } from './networks.ts';
import { prepareOneOff, runOneOff } from './one-off.ts';
import { removeOwned } from './one-off-container.ts';
import { labelFilter, toContainerView } from './views.ts';
import { createVolume, findVolume, findVolumes, removeVolume } from './volumes.ts';

/** Docker Engine over its socket. The connection has no timeout: a request whose timeout fires midway never settles. */
export function createContainerRuntime(options: { socketPath: string }): ContainerRuntime {
  const docker = new Docker({ socketPath: options.socketPath });
  return {
    run: (job, signal) => runOneOff(docker, job, signal),
    prepare: (job, signal) => prepareOneOff(docker, job, signal),
    exec: (container, command) => execIn(docker, container, command),
    containers: (labels) => containers(docker, labels),
    container: (idOrName) => container(docker, idOrName),
    stop: (idOrName, graceSeconds) => stop(docker, idOrName, graceSeconds),
    start: (idOrName) => start(docker, idOrName),
    removeContainer: (idOrName, labels) => removeOwned(docker, idOrName, labels),
    logTail: (idOrName, lines) => logTail(docker, idOrName, lines),
    createVolume: (name, labels) => createVolume(docker, name, labels),
    volume: (name) => findVolume(docker, name),
    volumes: (labels) => findVolumes(docker, labels),
    removeVolume: (name, labels) => removeVolume(docker, name, labels),
    networks: (labels) => findNetworks(docker, labels),
    removeNetwork: (name, labels) => removeNetwork(docker, name, labels),
    image: (reference) => findImage(docker, reference),
    ensureImage: (reference) => ensureImage(docker, reference),
    removeImage: (reference) => removeImage(docker, reference),
    publishedPorts: () => publishedPorts(docker),
    engine: () => engine(docker),
  };
}

async function containers(docker: Docker, labels: Labels): Promise<ContainerView[]> {
  const found = await ask('list containers', (abortSignal) =>
    docker.listContainers({ all: true, filters: labelFilter(labels), abortSignal }),
  );
  const views = await Promise.all(found.map(({ Id }) => container(docker, Id)));
  // Containers removed in the meantime are left out.
  return views.filter((view) => view !== undefined);
}

async function container(docker: Docker, idOrName: string): Promise<ContainerView | undefined> {
  const found = await askMaybe(`inspect the container ${idOrName}`, (abortSignal) =>
    docker.getContainer(idOrName).inspect({ abortSignal }),
  );
  return found && toContainerView(found);
}

async function stop(
  docker: Docker,
  idOrName: string,
  graceSeconds: number,
): Promise<{ exitCode: number; killed: boolean }> {
  const stopping = docker.getContainer(idOrName);
  try {
    const abortSignal = AbortSignal.timeout(graceSeconds * 1000 + answerTimeoutMs);
    await stopping.stop({ t: graceSeconds, abortSignal });
  } catch (error) {
    if (!hasStatus(error, 304)) throw engineError(`stop the container ${idOrName}`, error);
  }
  const { State } = await ask(`inspect the container ${idOrName}`, (abortSignal) => stopping.inspect({ abortSignal }));
  return { exitCode: State.ExitCode, killed: State.ExitCode === 137 };
}

async function start(docker: Docker, idOrName: string): Promise<void> {
  try {
    await docker.getContainer(idOrName).start({ abortSignal: AbortSignal.timeout(answerTimeoutMs) });
  } catch (error) {
    if (!hasStatus(error, 304)) throw engineError(`start the container ${idOrName}`, error);
  }
}

async function publishedPorts(docker: Docker): Promise<{ port: number; container: string }[]> {
  const running = await ask('list containers', (abortSignal) => docker.listContainers({ abortSignal }));
  return running.flatMap(({ Names, Ports }) => {
    const container = Names[0]?.replace(/^\//, '') ?? '';
    // Docker lists a port twice when it is published on IPv4 and IPv6.
    const ports = new Set(Ports.map(({ PublicPort }) => PublicPort).filter((port) => port > 0));
    return [...ports].map((port) => ({ port, container }));
  });
}

async function engine(docker: Docker): Promise<EngineView> {
  const [info, { ApiVersion: api }] = await ask('describe the engine', () =>
    Promise.all([docker.info(), docker.version()]),
  );
  const { ServerVersion: version, MemTotal: memoryBytes, NCPU: cpus, DockerRootDir: dataRoot } = info;
  return { version, api, memoryBytes, cpus, dataRoot };
}
