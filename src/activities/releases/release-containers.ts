import type { Colour, Identity } from '../../contracts/ids.ts';
import type { ContainerView } from '../../drivers/docker/container-runtime.ts';
import { DrydockError } from '../../errors.ts';
import { writingServices } from '../../model/instance/blueprint-stores.ts';
import { colourLabels } from '../../model/instance/labels.ts';
import { edgeDirectory, projectName, releaseDirectory } from '../../model/instance/names.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import type { LocalInstance } from '../instance/instances.ts';
import { servingProject } from '../instance/projects.ts';
import { takeBackBrought } from './release-files.ts';

/** How long a stray migration gets to stop: it is safe to repeat, so it need not end well. */
const strayGraceSeconds = 10;

/** Containers of a release in the instance's project, found by their labels. */
export async function releaseContainers(
  { containers }: HostDrivers,
  of: Identity,
  colour: Colour,
): Promise<{ service: string; view: ContainerView }[]> {
  const labels = { ...colourLabels(of, colour), 'com.docker.compose.project': projectName(of.instance) };
  const views = await containers.containers(labels);
  return views.map((view) => ({ service: view.labels['com.docker.compose.service'] ?? '', view }));
}

/** Refuses the release that the record names and the release that the edge points at. */
export async function refuseServing(
  { directories, edge }: HostDrivers,
  instance: string,
  colour: Colour,
  verb: string,
): Promise<void> {
  const record = await directories.record(instance);
  const pointedAt = await edge.colour(directories.path(instance, edgeDirectory));
  if (record.colour !== colour && pointedAt !== colour) return;
  throw new DrydockError('refused', `${verb} the ${colour} release of ${instance}: this release serves`);
}

/** Stops what runs of a release, or of some of its services; returns the services that ran. */
export async function stopRunning(
  drivers: HostDrivers,
  of: Identity,
  colour: Colour,
  services?: readonly string[],
): Promise<string[]> {
  const found = (await runningOf(drivers, of, colour)).map(({ service }) => service);
  const running = found.filter((service) => services === undefined || services.includes(service));
  const project = servingProject(drivers.directories, of);
  if (running.length > 0) await drivers.compose.stop(project, running, signalOfStep());
  return running;
}

/** Stops the writers of a release and proves that they have stopped. */
export async function stopWritersOf(drivers: HostDrivers, { record, blueprint }: LocalInstance): Promise<void> {
  const { instance, colour } = record;
  const writers = writingServices(blueprint, colour);
  await stopRunning(drivers, record, colour, writers);
  const left = (await runningOf(drivers, record, colour)).filter(({ service }) => writers.includes(service));
  if (left.length === 0) return;
  throw new DrydockError(
    'unhealthy',
    `stop the writers of the ${colour} release of ${instance}: not all have stopped`,
    {
      problems: left.map(({ view }) => `${view.name} is still running`),
    },
  );
}

async function runningOf(drivers: HostDrivers, of: Identity, colour: Colour) {
  const found = await releaseContainers(drivers, of, colour);
  return found.filter(({ view }) => ['running', 'paused', 'restarting'].includes(view.state));
}

/** Stops one-off commands of a release whose worker was killed: Compose does not count them among the services. */
export async function stopJobsOf(drivers: HostDrivers, of: Identity, colour: Colour): Promise<string[]> {
  const found = await releaseContainers(drivers, of, colour);
  const jobs = found.filter(
    ({ view }) => view.labels['com.docker.compose.oneoff'] === 'True' && view.state === 'running',
  );
  for (const { view } of jobs) await drivers.containers.stop(view.name, strayGraceSeconds);
  return jobs.map(({ view }) => view.name);
}

/** Removes containers, network and files of a release that was proven not to serve, also from the record. */
export async function removeReleaseOf(drivers: HostDrivers, of: Identity, colour: Colour): Promise<string[]> {
  const { directories, containers, compose } = drivers;
  const { instance } = of;
  const labels = colourLabels(of, colour);
  const project = servingProject(directories, of);
  const found = await releaseContainers(drivers, of, colour);
  await stopJobsOf(drivers, of, colour);
  await compose.remove(project, [...new Set(found.map(({ service }) => service))]);
  const networks = await containers.networks({ ...labels, 'com.docker.compose.project': project.name });
  for (const { name } of networks) await containers.removeNetwork(name, labels);
  const brought = await takeBackBrought(directories, instance, colour);
  await directories.removePath(instance, releaseDirectory(colour));
  const { previous, ...record } = await directories.record(instance);
  if (previous?.colour === colour) await directories.writeRecord(record);
  return [
    ...found.map(({ view }) => `container ${view.name}`),
    ...networks.map(({ name }) => `network ${name}`),
    ...brought.map((file) => `file ${file}`),
  ];
}
