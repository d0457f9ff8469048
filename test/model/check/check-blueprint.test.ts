import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type BlueprintFiles, checkBlueprint, trustedBlueprint } from '../../../src/model/check/check-blueprint.ts';
import { blueprintFiles, blueprintParts, written } from '../../support/builders.ts';

const cypher = { name: 'slugs', since: '1.0.0', compatible: true, cypher: 'init/schema.cypher', store: 'graph' };
const qdrant = { name: 'index', since: '0.9.0', compatible: false, qdrant: 'init/collections.json', store: 'vectors' };
const command = { name: 'fill', since: '1.0.0', compatible: true, command: ['fill', '--all'], service: 'worker' };

type Parts = ReturnType<typeof blueprintParts>;

test.each(['osmose', 'osmose-2.0.0', 'osmose-3.0.0'])('the shipped blueprint %s is fine', (directory) => {
  const root = fileURLToPath(new URL(`../../../blueprints/${directory}`, import.meta.url));
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = Object.fromEntries(
    entries.map(({ parentPath, name }) => [
      relative(root, join(parentPath, name)),
      readFileSync(join(parentPath, name), 'utf8'),
    ]),
  );
  expect(checkBlueprint(files)).toMatchObject({ blueprint: { name: 'osmose' }, problems: [] });
});

test('a blueprint without problems is returned with its defaults', () => {
  expect(trustedBlueprint(blueprintFiles())).toMatchObject({
    name: 'stack',
    edge: { readOnly: { retryAfterSeconds: 30 } },
    stores: { graph: { database: 'neo4j', user: 'neo4j' } },
  });
});

test('migrations of every kind and the way to upgrade are fine', () => {
  const parts = blueprintParts();
  parts.contract.migrations = [qdrant, cypher, command];
  parts.contract.upgrade = { soak: '158m', window: 'sun 23:00-03:00 UTC', safetySetMaxAge: '7d' };
  expect(checkBlueprint(written(parts)).problems).toEqual([]);
});

const damage: [string, (parts: Parts) => unknown, string][] = [
  [
    'a store’s service',
    ({ contract }) => (contract.stores.graph.service = 'neo5j'),
    'docker-compose.yml has no service neo5j',
  ],
  [
    'a store’s volume',
    ({ contract }) => (contract.stores.graph.volume = 'gone'),
    'docker-compose.yml has no top-level volume gone',
  ],
  [
    'no volumes at all',
    ({ compose }) => delete compose.volumes,
    'docker-compose.yml has no top-level volume neo4j_data',
  ],
  [
    'a released store',
    ({ contract }) => contract.release.push('neo4j'),
    'neo4j is a store and cannot be part of the release',
  ],
  [
    'an unknown release service',
    ({ contract }) => contract.release.push('ghost'),
    'docker-compose.yml has no service ghost',
  ],
  ['an unknown writer', ({ contract }) => contract.writers.push('ghost'), 'ghost is not in release'],
  [
    'a route to nobody',
    ({ contract }) => (contract.edge.routes[0].service = 'neo4j'),
    'route to neo4j, which is not in release',
  ],
  [
    'a store port of nobody',
    ({ contract }) => (contract.edge.storePorts[0].service = 'ghost'),
    'docker-compose.yml has no service ghost',
  ],
  [
    'two routes to a service',
    ({ contract }) => contract.edge.routes.push({ ...contract.edge.routes[0], port: 'BOLT_PORT' }),
    'two routes to app',
  ],
  ['a port used twice', ({ contract }) => (contract.edge.storePorts[0].port = 'APP_PORT'), 'APP_PORT is used twice'],
  [
    'a volume used twice',
    ({ contract }) => (contract.stores.queue.volume = 'neo4j_data'),
    'two stores in volume neo4j_data',
  ],
  [
    'a request with a query',
    ({ contract }) => contract.edge.readOnly.allow.push('POST /a?b'),
    'POST /a?b is not a method and an exact path',
  ],
  ['a service without image', ({ compose }) => delete compose.services.app.image, 'service app has no image'],
  [
    'published ports',
    ({ compose }) => (compose.services.app.ports = ['80:80']),
    'service app publishes ports; only the edge does',
  ],
  [
    'a container name',
    ({ compose }) => (compose.services.app.container_name = 'app'),
    'service app has a container_name; two instances would collide',
  ],
  [
    'a service nobody owns',
    ({ compose }) => (compose.services.extra = { image: 'x' }),
    'service extra is neither a store nor in release',
  ],
  [
    'a store under whose name a set keeps its evidence',
    ({ contract }) => Object.assign(contract.stores, { evidence: { ...contract.stores.graph, volume: 'other' } }),
    'a store may not be called evidence: sets keep something else under that name',
  ],
  [
    'a service whose name could be another one in a colour',
    ({ compose }) => (compose.services['app-blue'] = { image: 'x' }),
    'a service may not be called app-blue: Drydock adds the colour to names of the release',
  ],
  [
    'a network whose name could be another one in a colour',
    ({ compose }) => (compose.networks = { 'release-green': {} }),
    'a network may not be called release-green: Drydock adds the colour to names of the release',
  ],
  [
    'a service called edge',
    ({ compose }) => (compose.services.edge = { image: 'x' }),
    'a service may not be called edge: Drydock adds one of that name',
  ],
  [
    'a variable the template lacks',
    ({ contract }) => (contract.variables.NEW = { kind: 'text' }),
    '.env.template does not name NEW',
  ],
  [
    'a secret with a value',
    (parts) => (parts.template = parts.template.replace('MODEL_KEY=', 'MODEL_KEY=abc')),
    'MODEL_KEY is a secret and must be empty here',
  ],
  [
    'a port that is none',
    ({ contract }) => (contract.variables.APP_PORT = { kind: 'text' }),
    'APP_PORT is not declared as a port variable',
  ],
  [
    'a password that is no secret',
    ({ contract }) => (contract.variables.NEO4J_PASSWORD = { kind: 'text' }),
    'NEO4J_PASSWORD is not declared as a secret variable',
  ],
  [
    'an edge image without a value',
    ({ contract }) => (contract.edge.image = 'PROXY_IMAGE'),
    '.env.template does not name PROXY_IMAGE',
  ],
  [
    'a variable in Compose only',
    ({ compose }) => (compose.services.app.environment.X = '${UNKNOWN}'),
    'uses UNKNOWN, which .env.template does not name',
  ],
  ['an init step for no store', ({ contract }) => (contract.init[0].store = 'ghost'), 'no store ghost'],
  [
    'an init file that is missing',
    ({ contract }) => (contract.init[0].cypher = 'init/gone.cypher'),
    'init/gone.cypher is missing',
  ],
  [
    'an init step for another kind',
    ({ contract }) => (contract.init[0].store = 'vectors'),
    'vectors is a qdrant store, not neo4j',
  ],
  ['a cleanup of no store', ({ contract }) => (contract.cleanup.protoKg.store = 'ghost'), 'no store ghost'],
  [
    'a cleanup of vectors in a graph',
    ({ contract }) => (contract.cleanup.qdrant.store = 'graph'),
    'graph is a neo4j store, not qdrant',
  ],
  [
    'a cleanup of everything old',
    ({ contract }) => (contract.cleanup.protoKg.where = {}),
    'must name at least one property',
  ],
  ['a verify step for no store', ({ contract }) => (contract.verify[0].store = 'ghost'), 'no store ghost'],
  [
    'a verify step for another kind',
    ({ contract }) => (contract.verify[0].store = 'queue'),
    'queue is a redis store, not neo4j',
  ],
  ['a smoke step for nobody', ({ contract }) => (contract.smoke[0].service = 'ghost'), 'ghost is not in release'],
  ['an order with a stranger', ({ contract }) => contract.backup.order.push('ghost'), 'no store ghost'],
  ['an order with a store twice', ({ contract }) => contract.backup.order.push('graph'), 'names a store twice'],
  ['an order without a store', ({ contract }) => contract.restore.order.pop(), 'leaves out store files'],
  [
    'a migration file that is missing',
    ({ contract }) => (contract.migrations = [{ ...cypher, cypher: 'migrations/gone.cypher' }]),
    'migrations/gone.cypher is missing',
  ],
  [
    'a migration of no store',
    ({ contract }) => (contract.migrations = [{ ...qdrant, store: 'ghost' }]),
    'no store ghost',
  ],
  [
    'a Cypher migration of another kind of store',
    ({ contract }) => (contract.migrations = [{ ...cypher, store: 'queue' }]),
    'queue is a redis store, not neo4j',
  ],
  [
    'a Qdrant migration of another kind of store',
    ({ contract }) => (contract.migrations = [{ ...qdrant, store: 'graph' }]),
    'graph is a neo4j store, not qdrant',
  ],
  [
    'a migration by a service outside the release',
    ({ contract }) => (contract.migrations = [{ ...command, service: 'neo4j' }]),
    'neo4j is not in release',
  ],
  [
    'two migrations of a name',
    ({ contract }) => (contract.migrations = [cypher, { ...command, name: 'slugs' }]),
    'two migrations slugs',
  ],
  [
    'a migration of a later version',
    ({ contract }) => (contract.migrations = [{ ...cypher, since: '1.0.1' }]),
    'slugs is needed since 1.0.1, and the blueprint is 1.0.0',
  ],
  [
    'a soak that no window has room for',
    ({ contract }) => (contract.upgrade = { soak: '4h' }),
    'with a soak of 4h an upgrade takes 6 h 2 min or more, and the window sun 02:00-06:00 UTC is open for 4 h',
  ],
  [
    'a soak without end',
    ({ contract }) => (contract.upgrade = { soak: `${'9'.repeat(20)}d`, window: 'now' }),
    'is too long to count',
  ],
  [
    'a night in a zone that does not exist',
    ({ contract }) => (contract.nights = { zone: 'Europe/Atlantis' }),
    'there is no zone Europe/Atlantis',
  ],
  [
    'a night in which clocks change',
    ({ contract }) => (contract.nights = { begin: '01:30', zone: 'Europe/Berlin' }),
    'clocks in Europe/Berlin change within 4 h after 01:30, first on 2026-03-29',
  ],
];

describe('one problem each', () => {
  test.each(damage)('%s', (_, break_, problem) => {
    const parts = blueprintParts();
    break_(parts);
    const { blueprint, problems } = checkBlueprint(written(parts));
    expect(blueprint).toBeUndefined();
    expect(problems).toContainEqual(expect.stringContaining(problem));
    for (const told of problems) expect(told).toMatch(/^(blueprint\.yaml:\d+|docker-compose\.yml|\.env\.template): /);
  });

  test.each([
    [
      'an unknown key',
      ({ contract }: Parts) => (contract.stores.graph.password = 'x'),
      /^blueprint\.yaml:\d+: stores\.graph\.password is not a known key$/,
    ],
    ['a missing key', ({ contract }: Parts) => delete contract.release, /^blueprint\.yaml:\d+: release: /],
    [
      'an unknown kind of store',
      ({ contract }: Parts) => (contract.stores.graph.kind = 'mysql'),
      /^blueprint\.yaml:\d+: stores\.graph\.kind: /,
    ],
    [
      'a path that leads out',
      ({ contract }: Parts) => (contract.stores.files.paths = ['../etc']),
      /^blueprint\.yaml:\d+: stores\.files\.paths\.0: must be a path inside/,
    ],
    [
      'an absolute path',
      ({ contract }: Parts) => (contract.stores.files.paths = ['/etc']),
      /^blueprint\.yaml:\d+: stores\.files\.paths\.0: must be a path inside/,
    ],
    [
      'a version that is none',
      ({ contract }: Parts) => (contract.version = '1'),
      /^blueprint\.yaml:\d+: version: must be a version/,
    ],
  ])('%s', (_, break_, problem) => {
    const parts = blueprintParts();
    break_(parts);
    expect(checkBlueprint(written(parts)).problems).toEqual([expect.stringMatching(problem)]);
  });
});

test('all problems are told at once, each with its line', () => {
  const contract = `name: stack
version: 1.0.0
stores:
  graph: { kind: neo4j, service: neo4j, volume: neo4j_data, passwordFrom: NEO4J_PASSWORD }
release: [app]
writers: [worker]
edge:
  image: HAPROXY_IMAGE
  routes:
    - { port: APP_PORT, service: front, target: 80 }
variables:
  APP_PORT: { kind: port, base: 8000 }
  NEO4J_PASSWORD: { kind: secret }
verify:
  - { cypher: RETURN 1, store: ghost, atLeast: 0 }
backup: { order: [graph] }
restore: { order: [graph] }
`;
  const files = {
    'blueprint.yaml': contract,
    'docker-compose.yml': stringify({
      services: { neo4j: { image: 'n' }, app: { image: 'a' } },
      volumes: { neo4j_data: {} },
    }),
    '.env.template': 'APP_PORT=\nNEO4J_PASSWORD=\nHAPROXY_IMAGE=h\n',
  };
  expect(checkBlueprint(files).problems).toEqual([
    'blueprint.yaml:6: docker-compose.yml has no service worker',
    'blueprint.yaml:6: worker is not in release',
    'blueprint.yaml:10: route to front, which is not in release',
    'blueprint.yaml:15: no store ghost',
  ]);
  expect(() => trustedBlueprint(files)).toThrow(
    expect.objectContaining({ code: 'invalid-input', message: 'read the blueprint: 4 problems' }),
  );
});

test.each([
  ['without files', {}, ['blueprint.yaml: is missing', 'docker-compose.yml: is missing', '.env.template: is missing']],
  [
    'that is a list',
    { 'blueprint.yaml': '- a\n' },
    ['docker-compose.yml: is missing', '.env.template: is missing', 'blueprint.yaml:1: is not a mapping'],
  ],
  [
    'with an alias to nothing',
    { 'blueprint.yaml': 'name: *gone\n' },
    [expect.anything(), expect.anything(), expect.stringMatching(/^blueprint\.yaml:1: .*gone/)],
  ],
  [
    'that is not YAML',
    { 'blueprint.yaml': 'a: [1\nb: }\n' },
    expect.arrayContaining([expect.stringMatching(/^blueprint\.yaml:\d+: /)]),
  ],
])('a blueprint %s is told so', (_, files, problems) => {
  expect(checkBlueprint(files as BlueprintFiles).problems).toEqual(problems);
});

test.each([
  ['no YAML', 'a: [1\nb: }'],
  ['a word', 'compose'],
  ['lists where mappings belong', 'services: [a]\nvolumes: [b]\n'],
  ['words where mappings belong', 'services: a\nvolumes: b\n'],
  ['a merge of a number', 'x: &x 5\nservices:\n  app:\n    <<: *x\n'],
  ['an alias to nothing', 'services: *gone\n'],
])('a Compose file with %s is a problem, not a crash', (_, text) => {
  const { problems } = checkBlueprint({ ...blueprintFiles(), 'docker-compose.yml': text });
  expect(problems.length).toBeGreaterThan(0);
});

describe('random damage never throws', () => {
  const sound = blueprintFiles();
  const file = fc.constantFrom('blueprint.yaml', 'docker-compose.yml', '.env.template');

  test('when text is cut, exchanged or added', () => {
    const splinter = fc.oneof(
      fc.string(),
      fc.constantFrom('\n', ': ', '- ', '*a', '&a ', '<<: ', '{', ']', '"', "'", '|', '? ', '!!map', '${', '\t', '\0'),
    );
    const cut = fc.record({ file, at: fc.nat(4000), drop: fc.nat(40), add: splinter });
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), (cuts) => {
        const files: BlueprintFiles = { ...sound };
        for (const { file: name, at, drop, add } of cuts) {
          const text = files[name] ?? '';
          const from = text.length === 0 ? 0 : at % text.length;
          files[name] = text.slice(0, from) + add + text.slice(from + drop);
        }
        expect(Array.isArray(checkBlueprint(files).problems)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('when values of any kind take the place of others', () => {
    const place = fc.array(fc.nat(20), { minLength: 1, maxLength: 4 });
    const which = fc.constantFrom('contract', 'compose');
    fc.assert(
      fc.property(which, place, fc.jsonValue(), (part, path, value) => {
        const parts = blueprintParts();
        replaceIn(parts[part as 'contract' | 'compose'], path, value);
        expect(Array.isArray(checkBlueprint(written(parts)).problems)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });
});

/** Puts a value in the place that the numbers lead to, each one choosing among the keys there. */
function replaceIn(tree: Record<string, unknown>, [step = 0, ...rest]: readonly number[], value: unknown): void {
  const keys = Object.keys(tree);
  const key = keys[step % keys.length];
  if (key === undefined) return;
  const inner = tree[key];
  if (rest.length === 0 || typeof inner !== 'object' || inner === null) tree[key] = value;
  else replaceIn(inner as Record<string, unknown>, rest, value);
}
