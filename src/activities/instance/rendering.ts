import type { ComposeFile, ComposeModel } from '../../drivers/compose/compose.ts';
import { edgeFilesOf } from '../../edges/haproxy/kind.ts';
import { asEngineTakes } from '../../model/instance/engine-model.ts';
import { edgeDirectory } from '../../model/instance/names.ts';
import { type Rendering, renderInstance } from '../../model/instance/render.ts';
import type { HostDrivers } from './host-drivers.ts';
import { type LocalInstance, openInstance } from './instances.ts';

/** Compose model of an instance with its variables resolved. The model holds secrets and stays in this process. */
export async function resolvedModel({ compose }: HostDrivers, local: LocalInstance): Promise<ComposeModel> {
  return compose.config(composeFileOf(local), { interpolated: true });
}

/** Compose model as the blueprint has it, with its variables in place. */
export async function plainModel({ compose }: HostDrivers, local: LocalInstance): Promise<ComposeModel> {
  return compose.config(composeFileOf(local), { interpolated: false });
}

function composeFileOf({ directory, files }: LocalInstance): ComposeFile {
  return { directory, file: `${files}blueprint/docker-compose.yml`, envFile: `${files}.env` };
}

/** Renders the serving instance's Compose file and edge configuration from its record and pinned blueprint. */
export async function renderServing(drivers: HostDrivers, instance: string): Promise<void> {
  const local = await openInstance(drivers.directories, instance);
  await prepareEdge(drivers, local);
  await drivers.directories.write(instance, 'docker-compose.yml', renderInstance(await renderingOf(drivers, local)));
}

/** Gives the edge a release's configuration: all releases have the same routes, but differ in what passes read-only. */
export async function prepareEdge({ directories, edge }: HostDrivers, local: LocalInstance): Promise<void> {
  const { instance, colour, storePorts } = local.record;
  const at = directories.path(instance, edgeDirectory);
  const seen = await edge.prepare(at, edgeFilesOf(local.blueprint, instance, colour, storePorts));
  if (seen === 'restart-needed') await edge.reload(at);
}

/** Input for rendering the files of a release. */
export async function renderingOf(drivers: HostDrivers, local: LocalInstance): Promise<Rendering> {
  const { blueprint, directory, record } = local;
  const { instance, id, colour, generation, storePorts } = record;
  const { api } = await drivers.containers.engine();
  const model = asEngineTakes(api, await plainModel(drivers, local));
  return { model, blueprint, instance, id, directory, colour, generation, storePorts };
}
