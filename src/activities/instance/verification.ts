import type { StoreRecord } from '../../contracts/manifest.ts';
import type { VerifyCheck } from '../../contracts/verify.ts';
import { DrydockError } from '../../errors.ts';
import { eventually } from '../../eventually.ts';
import { colouredService, containerName, edgeDirectory, networkName, projectName } from '../../model/instance/names.ts';
import { questionOf } from '../../stores/kinds.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from './host-drivers.ts';
import { type LocalInstance, openInstance } from './instances.ts';
import { openRunning, type Place, serving } from './store-locations.ts';

/** How long one HTTP check may take, in milliseconds. */
const httpTimeoutMs = 15_000;

/** How long the edge may stay unreachable, in milliseconds: Docker restarts a dead container within a second or two. */
const edgeStartMs = 10_000;

/** Steps that check the running system. */
export function createVerificationActivities(drivers: HostDrivers) {
  const { directories, edge } = drivers;

  return {
    /** Runs the blueprint's smoke steps against the release itself, past the edge, which may be closed. */
    async smoke({ instance }: Fenced<{ instance: string }>): Promise<void> {
      const local = await openInstance(directories, instance);
      failOn(await smokeChecks(drivers, local), `smoke test ${instance}`);
    },

    /** Checks what an operator would look at: every route through the edge, smoke steps, store counts, verify steps. */
    async verifyInstance({
      instance,
    }: Fenced<{ instance: string }>): Promise<{ checks: VerifyCheck[]; stores: StoreRecord[] }> {
      const local = await openInstance(directories, instance);
      const mode = await edge.mode(directories.path(instance, edgeDirectory));
      const [routes, smoke, stores, steps] = await Promise.all([
        Promise.all(local.blueprint.edge.routes.map((route) => throughEdge(local, route))),
        smokeChecks(drivers, local),
        Promise.all(Object.keys(local.blueprint.stores).map((store) => counted(local, store))),
        verifySteps(drivers, local, serving(local)),
      ]);
      const edgeCheck = { what: 'edge is not in maintenance', ok: mode !== 'maintenance', seen: mode };
      const checks = [edgeCheck, ...routes, ...smoke, ...steps];
      failOn(checks, `verify ${instance}`);
      return { checks, stores };
    },

    async addresses({ instance }: { instance: string }): Promise<Record<string, string>> {
      return addressesOf(await openInstance(directories, instance));
    },
  };

  async function counted(local: LocalInstance, store: string): Promise<StoreRecord> {
    const open = await openRunning(drivers, local, store, serving(local));
    const [contents, version] = await Promise.all([open.contents(), open.version()]);
    return { store, kind: open.kind, version, unavailableMs: 0, contents };
  }

  async function throughEdge(
    local: LocalInstance,
    route: { port: string; ready: string; service: string },
  ): Promise<VerifyCheck> {
    const what = `GET ${route.ready} of ${route.service} through the edge`;
    let found = { seen: '', ok: false };
    const answers = async () => {
      const { answered, ...rest } = await get(`http://127.0.0.1:${local.env[route.port]}${route.ready}`, 200);
      found = rest;
      return answered;
    };
    await eventually(answers, { withinMs: edgeStartMs, everyMs: 500, signal: signalOfStep() });
    return { what, ...found };
  }
}

/** Runs smoke steps against a release's own containers: in the instance's project, or in that of its copy on trial. */
export async function smokeChecks(
  { containers }: HostDrivers,
  { record, blueprint }: LocalInstance,
  at: { project: string; network: string } = { project: projectName(record.instance), network: 'edge' },
): Promise<VerifyCheck[]> {
  return Promise.all(
    blueprint.smoke.map(async (step) => {
      const address = await addressAt(containers, at, colouredService(step.service, record.colour));
      const route = blueprint.edge.routes.find(({ service }) => service === step.service);
      const [, path = '/'] = step.http.split(' ');
      const what = `${step.http} of ${step.service}`;
      if (address === undefined || route === undefined) return { what, ok: false, seen: 'no container answers for it' };
      const url = `http://${address}:${route.target}${path}`;
      const { ok, seen } = await get(url, step.expect.status, step.expect.json);
      return { what, ok, seen };
    }),
  );
}

async function addressAt(
  containers: HostDrivers['containers'],
  at: { project: string; network: string },
  service: string,
): Promise<string | undefined> {
  const container = await containers.container(containerName(at.project, service));
  return container?.addresses[networkName(at.project, at.network)];
}

/** Asks each service that the edge would route to for its ready path, past the edge. */
export async function readyChecks(
  { containers }: HostDrivers,
  { record, blueprint }: LocalInstance,
  at: { project: string; network: string },
): Promise<VerifyCheck[]> {
  return Promise.all(
    blueprint.edge.routes.map(async ({ service, target, ready }) => {
      const address = await addressAt(containers, at, colouredService(service, record.colour));
      const what = `GET ${ready} of ${service}`;
      if (address === undefined) return { what, ok: false, seen: 'no container answers for it' };
      const { ok, seen } = await get(`http://${address}:${target}${ready}`, 200);
      return { what, ok, seen };
    }),
  );
}

/** Runs the blueprint's verify steps; `unhealthy` lists those that failed. */
export async function runVerifySteps(drivers: HostDrivers, local: LocalInstance, place: Place): Promise<void> {
  failOn(await verifySteps(drivers, local, place), `verify generation ${place.generation} of ${local.record.instance}`);
}

export async function verifySteps(drivers: HostDrivers, local: LocalInstance, place: Place): Promise<VerifyCheck[]> {
  const checks: VerifyCheck[] = [];
  for (const step of local.blueprint.verify) {
    const { question = '' } = questionOf(step) ?? {};
    const value = await (await openRunning(drivers, local, step.store, place)).ask(question);
    checks.push({ what: question, ok: value >= step.atLeast, seen: `${value}, expected at least ${step.atLeast}` });
  }
  return checks;
}

/** `unhealthy` with every check that failed. */
export function failOn(checks: readonly VerifyCheck[], what: string): void {
  const failed = checks.filter((check) => !check.ok);
  if (failed.length === 0) return;
  throw new DrydockError('unhealthy', `${what}: ${failed.length} of ${checks.length} checks failed`, {
    problems: failed.map((check) => `${check.what}: ${check.seen}`),
  });
}

async function get(
  url: string,
  status: number,
  json?: Record<string, unknown>,
): Promise<{ ok: boolean; seen: string; answered: boolean }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(httpTimeoutMs) });
    const text = await response.text();
    const body = json === undefined ? {} : (JSON.parse(text) as Record<string, unknown>);
    const wrong = Object.entries(json ?? {}).filter(
      ([key, value]) => JSON.stringify(body[key]) !== JSON.stringify(value),
    );
    const seen = `status ${response.status}${wrong.map(([key]) => `, ${key} is ${JSON.stringify(body[key])}`).join('')}`;
    return { ok: response.status === status && wrong.length === 0, seen, answered: true };
  } catch (error) {
    // A service that does not answer is a finding of this check, not a failure of the step.
    const { message, cause } = error as Error;
    return { ok: false, seen: cause instanceof Error ? `${message}: ${cause.message}` : message, answered: false };
  }
}

/** Addresses at which each route of an instance is published. */
export function addressesOf({ blueprint, env }: Pick<LocalInstance, 'blueprint' | 'env'>): Record<string, string> {
  return Object.fromEntries(
    blueprint.edge.routes.map((route) => [route.service, `http://127.0.0.1:${env[route.port]}`]),
  );
}
