import type Docker from 'dockerode';
import { DrydockError } from '../../errors.ts';
import type { Labels, OneOff } from './container-runtime.ts';
import { ask, askMaybe, engineError, hasStatus } from './engine-errors.ts';
import { carries } from './views.ts';

/** The hostname in a one-off. It resolves to the loopback: without a result, Java tools wait ten seconds. */
const hostname = 'drydock';

/** Creates the container of a job, in place of a dead worker's with the same name and labels. */
export async function createOneOff(docker: Docker, job: OneOff): Promise<Docker.Container> {
  await refuseUnknownVolumes(docker, job);
  const create = () => docker.createContainer(containerOptions(job));
  try {
    return await create();
  } catch (error) {
    if (!hasStatus(error, 409)) throw engineError(`create the container ${job.name} from ${job.image}`, error);
  }
  await removeOwned(docker, job.name, job.labels);
  return ask(`create the container ${job.name} from ${job.image}`, create);
}

/** Kills and removes a container with its anonymous volumes; absent is success. */
export async function removeContainer(container: Docker.Container, name: string): Promise<void> {
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    // Another call is already removing it: only the removal matters.
    if (hasStatus(error, 409)) await container.wait({ condition: 'removed' }).catch(() => {});
    else if (!hasStatus(error, 404)) throw engineError(`remove the container ${name}`, error);
  }
}

/** The same for a container by name, if it carries the labels; other labels are `not-ours`. */
export async function removeOwned(docker: Docker, name: string, labels: Labels): Promise<void> {
  const found = await askMaybe(`inspect the container ${name}`, (abortSignal) =>
    docker.getContainer(name).inspect({ abortSignal }),
  );
  if (found === undefined) return;
  if (!carries(found.Config.Labels, labels)) {
    throw new DrydockError('not-ours', `remove the container ${name}: it carries other labels`, {
      next: `look at it with docker inspect ${name}, then rename or remove it`,
    });
  }
  await removeContainer(docker.getContainer(found.Id), name);
}

/** The engine would silently create a missing volume; a job would then back up or fill an empty one. */
async function refuseUnknownVolumes(docker: Docker, job: OneOff): Promise<void> {
  for (const { source } of (job.mounts ?? []).filter((mount) => mount.kind === 'volume')) {
    const found = await askMaybe(`look for the volume ${source}`, (abortSignal) =>
      docker.getVolume(source).inspect({ abortSignal }),
    );
    if (found === undefined) {
      throw new DrydockError('not-found', `run ${job.name}: there is no volume ${source}`);
    }
  }
}

function containerOptions(job: OneOff): Docker.ContainerCreateOptions {
  const input = job.stdin !== undefined;
  return {
    name: job.name,
    Image: job.image,
    Cmd: [...job.command],
    Entrypoint: job.entrypoint && [...job.entrypoint],
    User: job.user,
    Env: Object.entries(job.env ?? {}).map(([name, value]) => `${name}=${value}`),
    Labels: job.labels,
    Hostname: hostname,
    Tty: false,
    AttachStdin: input,
    OpenStdin: input,
    StdinOnce: input,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      NetworkMode: job.network ?? 'none',
      ExtraHosts: [`${hostname}:127.0.0.1`],
      // The attached stream carries the output; the engine need not log gigabytes as well.
      LogConfig: { Type: 'none', Config: {} },
      Mounts: (job.mounts ?? []).map((mount) => ({
        Type: mount.kind,
        Source: mount.source,
        Target: mount.target,
        ReadOnly: mount.access === 'read-only',
      })),
      ...(job.processors === undefined
        ? {}
        : { NanoCpus: Math.round(job.processors.cpus * 1e9), CpuShares: job.processors.shares }),
      Memory: job.memoryBytes,
      MemorySwap: job.memoryBytes,
    },
  };
}
