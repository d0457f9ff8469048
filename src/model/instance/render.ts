import { parse, stringify } from 'yaml';
import type { Blueprint } from '../../contracts/blueprint.ts';
import type { Identity } from '../../contracts/ids.ts';
import type { DrillTerms } from '../../contracts/restore.ts';
import type { ComposeModel, ComposeService } from '../../drivers/compose/compose.ts';
import { edgeServiceOf } from '../../edges/haproxy/kind.ts';
import { serviceStores } from './blueprint-stores.ts';
import { colourLabels, generationLabels, instanceLabels, storeLabels } from './labels.ts';
import { colouredService, generationProject, networkName, projectName, volumeName } from './names.ts';

/** The source of an instance: the blueprint's model with its variables unresolved, and the choices of the plan. */
export interface Rendering extends Identity {
  model: ComposeModel;
  blueprint: Blueprint;
  /** Directory that the model's absolute bind mounts begin with. */
  directory: string;
  colour: string;
  generation: number;
  storePorts: 'closed' | 'loopback';
}

/** The instance's `docker-compose.yml`: stores on one generation, the release in one colour, the edge. */
export function renderInstance(rendering: Rendering): string {
  const { model, blueprint, instance, generation } = rendering;
  const stores = Object.fromEntries(
    serviceStores(blueprint).map(([store, spec]) => [spec.service, storeService(rendering, store, spec.service)]),
  );
  const release = Object.fromEntries(
    blueprint.release.map((service) => [
      colouredService(service, rendering.colour),
      releaseService(rendering, service),
    ]),
  );
  return withHeader({
    name: projectName(instance),
    services: { ...stores, ...release, edge: edgeService(rendering) },
    networks: { ...networks(rendering), edge: { labels: instanceLabels(rendering) } },
    volumes: volumes(blueprint, instance, generation, model),
  });
}

/**
 * The file of a release beside the serving one: only its services, on the instance's own networks. The file names no
 * store and no edge, so it cannot change anything that both releases share.
 */
export function renderRelease(rendering: Rendering): string {
  const { blueprint, model, instance, colour } = rendering;
  const project = projectName(instance);
  const shared = Object.fromEntries(
    [...storeNetworks(blueprint, model), 'edge'].map((name) => [
      name,
      { external: true, name: networkName(project, name) },
    ]),
  );
  return withHeader({
    name: project,
    services: Object.fromEntries(
      blueprint.release.map((service) => [
        colouredService(service, colour),
        withoutStores(releaseService(rendering, service), blueprint),
      ]),
    ),
    networks: { ...networks(rendering), ...shared },
  });
}

/** The project of a generation built beside the serving one: only its stores, on their own internal network. */
export function renderGeneration(rendering: Rendering): string {
  const { model, blueprint, instance, generation } = rendering;
  return withHeader({
    name: generationProject(instance, generation),
    services: builtStores(rendering),
    networks: buildNetwork(rendering),
    volumes: volumes(blueprint, instance, generation, model),
  });
}

/** A generation's project with a release, which reaches only these stores and the generation's own files. */
export function renderCopy(rendering: Rendering): string {
  const { model, blueprint, instance, generation, colour } = rendering;
  const release = blueprint.release.map((service) => {
    const own = onItsOwn(releaseService(rendering, service));
    return [colouredService(service, colour), { ...own, networks: { build: { aliases: [service] } }, restart: 'no' }];
  });
  return withHeader({
    name: generationProject(instance, generation),
    services: { ...builtStores(rendering), ...Object.fromEntries(release) },
    networks: buildNetwork(rendering),
    volumes: volumes(blueprint, instance, generation, model),
  });
}

/**
 * The same for a drill. Its containers take little of the processors, have a memory limit, and are killed first when
 * the host runs out of memory. They carry the generation's labels, so that leftovers are found.
 */
export function renderDrill(rendering: Rendering, { limits, cpuShares }: DrillTerms): string {
  const { blueprint, generation, colour } = rendering;
  const copy = parse(renderCopy(rendering)) as { services: Record<string, ComposeService> };
  const plain = new Map(blueprint.release.map((service) => [colouredService(service, colour), service]));
  const services = Object.entries(copy.services).map(([name, service]): [string, ComposeService] => {
    const { mem_limit: _memory, cpus: _cpus, memswap_limit: _swap, ...rest } = service;
    const limit = limits[plain.get(name) ?? name];
    const resources =
      limit === undefined ? {} : { limits: { cpus: String(limit.cpus), memory: String(limit.memoryBytes) } };
    const labels = { ...service.labels, ...generationLabels(rendering, generation) };
    return [name, { ...rest, labels, deploy: { resources }, cpu_shares: cpuShares, oom_score_adj: oomScoreOfDrills }];
  });
  return withHeader({ ...copy, services: Object.fromEntries(services) });
}

/** Of 1000: only processes that ask to be killed go before a drill. */
const oomScoreOfDrills = 900;

function builtStores(rendering: Rendering): Record<string, ComposeService> {
  return Object.fromEntries(
    serviceStores(rendering.blueprint).map(([store, spec]) => [
      spec.service,
      { ...storeService(rendering, store, spec.service), networks: { build: {} }, restart: 'no' },
    ]),
  );
}

function buildNetwork(rendering: Rendering): Record<string, unknown> {
  return { build: { internal: true, labels: generationLabels(rendering, rendering.generation) } };
}

/** Networks of the stores: the release joins them without a colour. */
export function storeNetworks(blueprint: Blueprint, model: ComposeModel): string[] {
  const used = serviceStores(blueprint).flatMap(([, spec]) =>
    Object.keys(model.services[spec.service]?.networks ?? {}),
  );
  return [...new Set(used)];
}

function storeService(rendering: Rendering, store: string, service: string): ComposeService {
  const { model, generation, directory } = rendering;
  return {
    ...withRelativePaths(serviceOf(model, service), directory),
    labels: { ...model.services[service]?.labels, ...storeLabels(rendering, generation, store) },
  };
}

function releaseService(rendering: Rendering, service: string): ComposeService {
  const { model, blueprint, colour, directory } = rendering;
  const original = withRelativePaths(serviceOf(model, service), directory);
  const shared = storeNetworks(blueprint, model);
  const routed = blueprint.edge.routes.some((route) => route.service === service);
  const joined = Object.keys(original.networks ?? {}).map((network): [string, Record<string, unknown>] =>
    // Inside a colour `app` is that colour's app; on the shared networks nothing is called `app`.
    shared.includes(network) ? [network, {}] : [colouredService(network, colour), { aliases: [service] }],
  );
  const dependencies = Object.entries(original.depends_on ?? {}).map(
    ([name, condition]): [string, Record<string, unknown>] => [
      blueprint.release.includes(name) ? colouredService(name, colour) : name,
      condition,
    ],
  );
  return {
    ...original,
    labels: { ...original.labels, ...colourLabels(rendering, colour) },
    networks: Object.fromEntries([...joined, ...(routed ? [['edge', {}] as const] : [])]),
    ...(dependencies.length > 0 ? { depends_on: Object.fromEntries(dependencies) } : {}),
  };
}

/** The stores run already and are not in the file. */
function withoutStores({ depends_on, ...service }: ComposeService, blueprint: Blueprint): ComposeService {
  const stores = serviceStores(blueprint).map(([, spec]) => spec.service);
  const release = Object.entries(depends_on ?? {}).filter(([name]) => !stores.includes(name));
  return release.length === 0 ? service : { ...service, depends_on: Object.fromEntries(release) };
}

/** Maps paths of the instance to paths of the generation: its own files exist there, other paths are made there. */
function onItsOwn(service: ComposeService): ComposeService {
  const mounts = service.volumes?.map((mount) =>
    mount.type === 'bind' && mount.source?.startsWith('./')
      ? { ...mount, source: `./files/${mount.source.slice(2)}`, bind: { create_host_path: true } }
      : mount,
  );
  return mounts === undefined ? service : { ...service, volumes: mounts };
}

function edgeService(rendering: Rendering): Record<string, unknown> {
  const { blueprint, storePorts, model } = rendering;
  const withStores = storePorts === 'loopback' && blueprint.edge.storePorts.length > 0;
  const joined = ['edge', ...(withStores ? storeNetworks(blueprint, model) : [])];
  return {
    ...edgeServiceOf(blueprint, storePorts),
    labels: { ...instanceLabels(rendering), 'drydock.edge': 'true' },
    networks: Object.fromEntries(joined.map((name) => [name, {}])),
  };
}

function networks(rendering: Rendering): Record<string, unknown> {
  const { model, blueprint, colour } = rendering;
  const shared = storeNetworks(blueprint, model);
  return Object.fromEntries(
    Object.entries(model.networks ?? {}).map(([name, definition]) => {
      const { name: _resolved, ...rest } = definition ?? {};
      return shared.includes(name)
        ? [name, { ...rest, labels: instanceLabels(rendering) }]
        : [colouredService(name, colour), { ...rest, labels: colourLabels(rendering, colour) }];
    }),
  );
}

// External: Compose can never delete a generation, not even with `down -v`.
function volumes(
  blueprint: Blueprint,
  instance: string,
  generation: number,
  model: ComposeModel,
): Record<string, unknown> {
  const known = Object.keys(model.volumes ?? {});
  return Object.fromEntries(
    serviceStores(blueprint)
      .filter(([, spec]) => known.includes(spec.volume))
      .map(([, spec]) => [spec.volume, { external: true, name: volumeName(instance, spec.volume, generation) }]),
  );
}

function serviceOf(model: ComposeModel, service: string): ComposeService {
  return model.services[service] ?? {};
}

/** Compose makes bind mounts absolute; an instance keeps them relative, so that its directory can move. */
function withRelativePaths(service: ComposeService, directory: string): ComposeService {
  const mounts = service.volumes?.map((mount) =>
    mount.type === 'bind' && mount.source?.startsWith(`${directory}/`)
      ? { ...mount, source: `.${mount.source.slice(directory.length)}` }
      : mount,
  );
  return mounts === undefined ? service : { ...service, volumes: mounts };
}

function withHeader(document: Record<string, unknown>): string {
  const header =
    '# Rendered by Drydock from the blueprint; changes made here are lost. `docker compose ps` works in this directory.\n';
  return header + stringify(document, { lineWidth: 0 });
}
