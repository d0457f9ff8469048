import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { instanceLabels } from '../../../src/model/instance/labels.ts';
import {
  type Rendering,
  renderCopy,
  renderDrill,
  renderGeneration,
  renderInstance,
  renderRelease,
} from '../../../src/model/instance/render.ts';
import { aBlueprint, aComposeModel, anIdentity, type BlueprintChoices } from '../../support/builders.ts';

// biome-ignore lint/suspicious/noExplicitAny: what YAML holds
type Document = any;

function rendering(changes: Partial<Rendering> = {}, choices: BlueprintChoices = {}): Rendering {
  return {
    model: aComposeModel(choices),
    blueprint: aBlueprint(choices),
    ...anIdentity(),
    directory: '/srv/drydock/pharma',
    colour: 'blue',
    generation: 2,
    storePorts: 'closed',
    ...changes,
  };
}

const rendered = (changes: Partial<Rendering> = {}): Document => parse(renderInstance(rendering(changes)));

describe('an instance', () => {
  test('has its stores, its release in one colour, and the edge', () => {
    const { name, services } = rendered({ colour: 'green' });
    expect(name).toBe('drydock-pharma_serving');
    expect(Object.keys(services).sort()).toEqual(['app-green', 'edge', 'neo4j', 'qdrant', 'redis', 'worker-green']);
  });

  test('labels stores with their generation, the release with its colour, everything with the instance', () => {
    const { services, networks } = rendered();
    expect(services.neo4j.labels).toEqual({
      ...instanceLabels(anIdentity()),
      'drydock.generation': '2',
      'drydock.store': 'graph',
    });
    expect(services['app-blue'].labels).toEqual({ ...instanceLabels(anIdentity()), 'drydock.colour': 'blue' });
    expect(services.edge.labels).toEqual({ ...instanceLabels(anIdentity()), 'drydock.edge': 'true' });
    for (const network of Object.values<Document>(networks)) {
      expect(network.labels).toMatchObject({ ...instanceLabels(anIdentity()) });
    }
  });

  test('answers to `app` inside its colour only: nothing on the stores’ network does', () => {
    const { services, networks } = rendered();
    expect(services['app-blue'].networks).toEqual({ 'release-blue': { aliases: ['app'] }, stores: {}, edge: {} });
    expect(services['worker-blue'].networks).toEqual({ 'release-blue': { aliases: ['worker'] }, stores: {} });
    for (const [service, { networks: joined }] of Object.entries<Document>(services)) {
      expect(service, 'its own name').not.toBe('app');
      expect(joined.stores?.aliases, service).toBeUndefined();
    }
    expect(Object.keys(networks).sort()).toEqual(['edge', 'release-blue', 'stores']);
    expect(networks.stores).toMatchObject({ internal: true });
  });

  test('depends inside its own colour', () => {
    const model = aComposeModel();
    const worker = model.services['worker'];
    if (worker !== undefined) {
      worker.depends_on = { app: { condition: 'service_started' }, neo4j: { condition: 'service_healthy' } };
    }
    expect(rendered({ model }).services['worker-blue'].depends_on).toEqual({
      'app-blue': { condition: 'service_started' },
      neo4j: { condition: 'service_healthy' },
    });
  });

  test('uses volumes that Compose can never delete', () => {
    expect(rendered().volumes).toEqual({
      neo4j_data: { external: true, name: 'drydock-pharma.neo4j_data.g2' },
      qdrant_data: { external: true, name: 'drydock-pharma.qdrant_data.g2' },
      redis_data: { external: true, name: 'drydock-pharma.redis_data.g2' },
    });
  });

  test('binds paths relative to its directory, however Compose gave them', () => {
    const model = aComposeModel();
    const app = model.services['app'];
    if (app !== undefined) {
      app.volumes = [
        { type: 'bind', source: '/srv/drydock/pharma/config', target: '/a' },
        { type: 'bind', source: './data', target: '/b' },
        { type: 'bind', source: '/srv/drydock/pharma-two/x', target: '/c' },
        { type: 'bind', source: '/etc/localtime', target: '/d' },
      ];
    }
    const sources = rendered({ model }).services['app-blue'].volumes.map(({ source }: Document) => source);
    expect(sources).toEqual(['./config', './data', '/srv/drydock/pharma-two/x', '/etc/localtime']);
    expect(rendered().services.edge.volumes).toEqual([
      { type: 'bind', source: './.drydock/edge', target: '/drydock-edge' },
    ]);
  });

  test('publishes the routes of the edge, and stores only when asked, on loopback', () => {
    const closed = rendered();
    expect(closed.services.edge.ports).toEqual(['${APP_PORT}:10000']);
    expect(closed.services.edge.networks).toEqual({ edge: {} });
    const open = rendered({ storePorts: 'loopback' });
    expect(open.services.edge.ports).toEqual(['${APP_PORT}:10000', '127.0.0.1:${BOLT_PORT}:11000']);
    expect(open.services.edge.networks).toEqual({ edge: {}, stores: {} });
    for (const [service, { ports }] of Object.entries<Document>(open.services)) {
      if (service !== 'edge') expect(ports, service).toBeUndefined();
    }
  });

  test('keeps variables as they are, so no value of them is in the file', () => {
    const text = renderInstance(rendering());
    expect(parse(text).services.neo4j.environment).toEqual({ SECRET: '${NEO4J_PASSWORD}' });
    expect(parse(text).services['app-blue'].image).toBe('${APP_IMAGE}');
    expect(parse(text).services.edge.image).toBe('${HAPROXY_IMAGE}');
    expect(text.startsWith('# Rendered by Drydock')).toBe(true);
  });

  test('is rendered the same from the same choices', () => {
    expect(renderInstance(rendering())).toBe(renderInstance(rendering()));
  });
});

describe('a release beside the serving one', () => {
  const document: Document = parse(renderRelease(rendering({ colour: 'green' })));

  test('is in the project of the instance, and names no store and no edge', () => {
    expect(document.name).toBe('drydock-pharma_serving');
    expect(Object.keys(document.services).sort()).toEqual(['app-green', 'worker-green']);
    expect(document.volumes).toBeUndefined();
    for (const service of Object.values<Document>(document.services)) expect(service.depends_on).toBeUndefined();
  });

  test('has a network of its own, and joins those of the instance as they are', () => {
    expect(document.networks).toEqual({
      'release-green': { labels: { ...instanceLabels(anIdentity()), 'drydock.colour': 'green' } },
      stores: { external: true, name: 'drydock-pharma_serving_stores' },
      edge: { external: true, name: 'drydock-pharma_serving_edge' },
    });
  });

  test('is otherwise what it will be when it serves, so that it is not made anew then', () => {
    const serving = rendered({ colour: 'green' });
    for (const [name, service] of Object.entries<Document>(document.services)) {
      const { depends_on: _, ...same } = serving.services[name];
      expect(service).toEqual(same);
    }
  });

  test('keeps what its services need of each other', () => {
    const model = aComposeModel();
    const worker = model.services['worker'];
    if (worker !== undefined) worker.depends_on = { app: { condition: 'service_started' }, neo4j: {} };
    const { services } = parse(renderRelease(rendering({ model, colour: 'green' })));
    expect(services['worker-green'].depends_on).toEqual({ 'app-green': { condition: 'service_started' } });
  });
});

describe('a generation being built for another release', () => {
  const document: Document = parse(renderCopy(rendering({ colour: 'green', generation: 3 })));

  test('has stores and release on the network of the build alone', () => {
    expect(document.name).toBe('drydock-pharma_g3');
    expect(Object.keys(document.services).sort()).toEqual(['app-green', 'neo4j', 'qdrant', 'redis', 'worker-green']);
    expect(Object.keys(document.networks)).toEqual(['build']);
    expect(document.services['app-green'].networks).toEqual({ build: { aliases: ['app'] } });
    for (const service of Object.values<Document>(document.services)) {
      expect(Object.keys(service.networks)).toEqual(['build']);
      expect(service.restart).toBe('no');
      expect(service.ports).toBeUndefined();
    }
  });

  test('has files of its own, and none of the instance’s', () => {
    const sources = document.services['app-green'].volumes.map(({ source }: Document) => source);
    expect(sources).toEqual(['./files/config', './files/data/docs']);
    expect(document.services.neo4j).toEqual(
      parse(renderGeneration(rendering({ colour: 'green', generation: 3 }))).services.neo4j,
    );
  });
});

describe('a drill', () => {
  const limits = {
    neo4j: { cpus: 0.5, memoryBytes: 512 * 1024 ** 2 },
    app: { cpus: 1, memoryBytes: 256 * 1024 ** 2 },
  };
  const parts = rendering({ colour: 'green', generation: 3 });
  const copy: Document = parse(renderCopy(parts));
  const document: Document = parse(renderDrill(parts, { limits, cpuShares: 64 }));

  test('is the copy with limits, last for the processors and first to be killed for memory', () => {
    expect(Object.keys(document.services)).toEqual(Object.keys(copy.services));
    expect(document.networks).toEqual(copy.networks);
    expect(document.services.neo4j.deploy).toEqual({ resources: { limits: { cpus: '0.5', memory: '536870912' } } });
    expect(document.services['app-green'].deploy.resources.limits.cpus).toBe('1');
    for (const service of Object.values<Document>(document.services)) {
      expect(service).toMatchObject({ cpu_shares: 64, oom_score_adj: 900, labels: { 'drydock.generation': '3' } });
    }
  });
});

describe('a generation being built', () => {
  const document: Document = parse(renderGeneration(rendering({ generation: 3 })));

  test('is a project of its own with the stores alone', () => {
    expect(document.name).toBe('drydock-pharma_g3');
    expect(Object.keys(document.services).sort()).toEqual(['neo4j', 'qdrant', 'redis']);
    expect(document.volumes.neo4j_data.name).toBe('drydock-pharma.neo4j_data.g3');
  });

  test('is on an internal network that nothing else joins, and is not restarted', () => {
    expect(Object.keys(document.networks)).toEqual(['build']);
    expect(document.networks.build).toMatchObject({ internal: true, labels: { 'drydock.generation': '3' } });
    for (const service of Object.values<Document>(document.services)) {
      expect(service).toMatchObject({ networks: { build: {} }, restart: 'no' });
      expect(service.ports).toBeUndefined();
    }
  });
});
