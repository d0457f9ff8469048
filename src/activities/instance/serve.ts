import type { ComposeProject } from '../../drivers/compose/compose.ts';
import { readingServices, storeServices } from '../../model/instance/blueprint-stores.ts';
import { edgeService } from '../../model/instance/names.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from './host-drivers.ts';
import { type LocalInstance, openInstance } from './instances.ts';
import { servingProject } from './projects.ts';
import { restingMode } from './read-only-holds.ts';

/** A cold database on a busy machine answers within two minutes; ten are for a store that must recover first. */
export const startLimitSeconds = 600;

/**
 * Starts every service and waits until all are healthy; leaves writers out while a hold keeps the instance read-only.
 */
export async function serve({ directories, compose }: HostDrivers, instance: string): Promise<void> {
  const { blueprint, record } = await openInstance(directories, instance);
  const project = servingProject(directories, record);
  const limit = { timeoutSeconds: startLimitSeconds };
  if ((await restingMode(directories, instance)) === 'open') return compose.up(project, limit, signalOfStep());
  const services = [...storeServices(blueprint), ...readingServices(blueprint, record.colour), edgeService];
  return compose.up(project, { ...limit, services }, signalOfStep());
}

/** Starts a release without its writers in a project beside, and waits until it is healthy. */
export async function startReaders(
  { compose }: HostDrivers,
  { blueprint, record }: LocalInstance,
  project: ComposeProject,
): Promise<void> {
  const services = readingServices(blueprint, record.colour);
  if (services.length === 0) return;
  await compose.up(project, { services, deps: 'without', timeoutSeconds: startLimitSeconds }, signalOfStep());
}
