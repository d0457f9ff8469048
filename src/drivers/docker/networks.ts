import type Docker from 'dockerode';
import { DrydockError } from '../../errors.ts';
import type { Labels } from './container-runtime.ts';
import { ask, askMaybe } from './engine-errors.ts';
import { carries, labelFilter } from './views.ts';

export async function findNetworks(docker: Docker, labels: Labels): Promise<{ name: string; labels: Labels }[]> {
  const found = await ask('list networks', (abortSignal) =>
    docker.listNetworks({ filters: labelFilter(labels), abortSignal }),
  );
  return found.map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {} }));
}

export async function removeNetwork(docker: Docker, name: string, labels: Labels): Promise<void> {
  const named = await ask(`look for the network ${name}`, (abortSignal) =>
    docker.listNetworks({ filters: { name: [name] }, abortSignal }),
  );
  const found = named.find(({ Name }) => Name === name); // The filter also matches parts of names.
  if (found === undefined) return;
  if (!carries(found.Labels, labels)) {
    throw new DrydockError('not-ours', `remove the network ${name}: it exists with other labels`, {
      next: `look at it with docker network inspect ${name}`,
    });
  }
  await askMaybe(`remove the network ${name}`, (abortSignal) => docker.getNetwork(name).remove({ abortSignal }));
}
