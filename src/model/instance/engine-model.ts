import type { ComposeModel } from '../../drivers/compose/compose.ts';

/** Of Docker Engine 25, whose API is 1.44: https://docs.docker.com/reference/api/engine/version-history/ */
const firstMinorWithStartInterval = 44;

/**
 * The model without what an engine with that version of the API does not know: Compose would refuse the whole file.
 * Without `start_interval` an engine probes at the plain interval from the beginning, so a container is known to be healthy
 * later; nothing else differs.
 */
export function asEngineTakes(api: string, model: ComposeModel): ComposeModel {
  const [, minor] = api.split('.').map(Number);
  if (minor !== undefined && minor >= firstMinorWithStartInterval) return model;
  const services = Object.entries(model.services).map(([name, { healthcheck, ...service }]) => {
    if (healthcheck === undefined) return [name, service];
    const { start_interval: _, ...known } = healthcheck;
    return [name, { ...service, healthcheck: known }];
  });
  return { ...model, services: Object.fromEntries(services) };
}
