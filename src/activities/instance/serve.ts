import { storeServices } from '../../model/instance/blueprint-stores.ts';
import { colouredService, edgeService } from '../../model/instance/names.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from './host-drivers.ts';
import { openInstance } from './instances.ts';
import { servingProject } from './projects.ts';
import { restingMode } from './read-only-holds.ts';

/** A cold database on a busy machine answers within two minutes; ten are for a store that must recover first. */
export const startLimitSeconds = 600;

/**
 * Starts every service and waits until all are healthy; leaves writers out while a hold keeps the instance read-only.
 */
export async function serve({ directories, compose }: HostDrivers, instance: string): Promise<void> {
  const project = servingProject(directories, instance);
  const limit = { timeoutSeconds: startLimitSeconds };
  if ((await restingMode(directories, instance)) === 'open') return compose.up(project, limit, signalOfStep());
  const { blueprint, record } = await openInstance(directories, instance);
  const readers = blueprint.release.filter((service) => !blueprint.writers.includes(service));
  const reading = readers.map((service) => colouredService(service, record.colour));
  const services = [...storeServices(blueprint), ...reading, edgeService];
  return compose.up(project, { ...limit, services }, signalOfStep());
}
