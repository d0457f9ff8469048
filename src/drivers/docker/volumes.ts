import type Docker from 'dockerode';
import { DrydockError } from '../../errors.ts';
import type { Labels, VolumeView } from './container-runtime.ts';
import { ask, askMaybe } from './engine-errors.ts';
import { carries, labelFilter, toVolumeView } from './views.ts';

export async function createVolume(docker: Docker, name: string, labels: Labels): Promise<void> {
  // The engine's creation is idempotent and keeps existing labels, so the labels found afterwards decide.
  await ask(`create the volume ${name}`, (abortSignal) =>
    docker.createVolume({ Name: name, Labels: labels, abortSignal }),
  );
  refuseOthers(name, await findVolume(docker, name), labels, 'create');
}

export async function findVolume(docker: Docker, name: string): Promise<VolumeView | undefined> {
  const found = await askMaybe(`look for the volume ${name}`, (abortSignal) =>
    docker.getVolume(name).inspect({ abortSignal }),
  );
  return found && toVolumeView(found);
}

export async function findVolumes(docker: Docker, labels: Labels): Promise<VolumeView[]> {
  const { Volumes } = await ask('list volumes', (abortSignal) =>
    docker.listVolumes({ filters: labelFilter(labels), abortSignal }),
  );
  return (Volumes ?? []).map(toVolumeView);
}

export async function removeVolume(docker: Docker, name: string, labels: Labels): Promise<void> {
  const found = await findVolume(docker, name);
  if (found === undefined) return;
  refuseOthers(name, found, labels, 'remove');
  await askMaybe(`remove the volume ${name}`, (abortSignal) => docker.getVolume(name).remove({ abortSignal }));
}

function refuseOthers(name: string, found: VolumeView | undefined, labels: Labels, verb: string): void {
  if (found === undefined || carries(found.labels, labels)) return;
  throw new DrydockError('not-ours', `${verb} the volume ${name}: it exists with other labels`, {
    next: `look at it with docker volume inspect ${name}`,
  });
}
