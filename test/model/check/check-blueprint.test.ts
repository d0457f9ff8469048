import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type BlueprintFiles, checkBlueprint, trustedBlueprint } from '../../../src/model/check/check-blueprint.ts';
import { blueprintFiles, blueprintParts, written } from '../../support/builders.ts';
import { refusalFrom } from '../../support/refusals.ts';

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

type Damage = [what: string, change: (it: Parts['contract']) => unknown, problem: string];

const inContract: Damage[] = [
  ['a store’s service', (it) => (it.stores.graph.service = 'neo5j'), 'docker-compose.yml has no service neo5j'],
  ['a store’s volume', (it) => (it.stores.graph.volume = 'gone'), 'docker-compose.yml has no top-level volume gone'],
  ['a released store', (it) => it.release.push('neo4j'), 'neo4j is a store and cannot be part of the release'],
  ['an unknown release service', (it) => it.release.push('ghost'), 'docker-compose.yml has no service ghost'],
  ['an unknown writer', (it) => it.writers.push('ghost'), 'ghost is not in release'],
  ['a route to nobody', (it) => (it.edge.routes[0].service = 'neo4j'), 'route to neo4j, which is not in release'],
  [
    'a store port of nobody',
    (it) => (it.edge.storePorts[0].service = 'ghost'),
    'docker-compose.yml has no service ghost',
  ],
  [
    'two routes to a service',
    (it) => it.edge.routes.push({ ...it.edge.routes[0], port: 'BOLT_PORT' }),
    'two routes to app',
  ],
  ['a port used twice', (it) => (it.edge.storePorts[0].port = 'APP_PORT'), 'APP_PORT is used twice'],
  ['a volume used twice', (it) => (it.stores.queue.volume = 'neo4j_data'), 'two stores in volume neo4j_data'],
  [
    'a request with a query',
    (it) => it.edge.readOnly.allow.push('POST /a?b'),
    'POST /a?b is not a method and an exact path',
  ],
  [
    'a store under whose name a set keeps its evidence',
    (it) => Object.assign(it.stores, { evidence: { ...it.stores.graph, volume: 'other' } }),
    'a store may not be called evidence: sets keep something else under that name',
  ],
  ['a variable the template lacks', (it) => (it.variables.NEW = { kind: 'text' }), '.env.template does not name NEW'],
  [
    'a port that is none',
    (it) => (it.variables.APP_PORT = { kind: 'text' }),
    'APP_PORT is not declared as a port variable',
  ],
  [
    'a password that is no secret',
    (it) => (it.variables.NEO4J_PASSWORD = { kind: 'text' }),
    'NEO4J_PASSWORD is not declared as a secret variable',
  ],
  ['an edge image without a value', (it) => (it.edge.image = 'PROXY_IMAGE'), '.env.template does not name PROXY_IMAGE'],
  ['an init step for no store', (it) => (it.init[0].store = 'ghost'), 'no store ghost'],
  ['an init file that is missing', (it) => (it.init[0].cypher = 'init/gone.cypher'), 'init/gone.cypher is missing'],
  ['an init step for another kind', (it) => (it.init[0].store = 'vectors'), 'vectors is a qdrant store, not neo4j'],
  ['a cleanup of no store', (it) => (it.cleanup.protoKg.store = 'ghost'), 'no store ghost'],
  [
    'a cleanup of vectors in a graph',
    (it) => (it.cleanup.qdrant.store = 'graph'),
    'graph is a neo4j store, not qdrant',
  ],
  ['a cleanup of everything old', (it) => (it.cleanup.protoKg.where = {}), 'must name at least one property'],
  ['a verify step for no store', (it) => (it.verify[0].store = 'ghost'), 'no store ghost'],
  ['a verify step for another kind', (it) => (it.verify[0].store = 'queue'), 'queue is a redis store, not neo4j'],
  ['a smoke step for nobody', (it) => (it.smoke[0].service = 'ghost'), 'ghost is not in release'],
  ['an order with a stranger', (it) => it.backup.order.push('ghost'), 'no store ghost'],
  ['an order with a store twice', (it) => it.backup.order.push('graph'), 'names a store twice'],
  ['an order without a store', (it) => it.restore.order.pop(), 'leaves out store files'],
  [
    'a migration file that is missing',
    (it) => (it.migrations = [{ ...cypher, cypher: 'migrations/gone.cypher' }]),
    'migrations/gone.cypher is missing',
  ],
  ['a migration of no store', (it) => (it.migrations = [{ ...qdrant, store: 'ghost' }]), 'no store ghost'],
  [
    'a Cypher migration of another kind of store',
    (it) => (it.migrations = [{ ...cypher, store: 'queue' }]),
    'queue is a redis store, not neo4j',
  ],
  [
    'a Qdrant migration of another kind of store',
    (it) => (it.migrations = [{ ...qdrant, store: 'graph' }]),
    'graph is a neo4j store, not qdrant',
  ],
  [
    'a migration by a service outside the release',
    (it) => (it.migrations = [{ ...command, service: 'neo4j' }]),
    'neo4j is not in release',
  ],
  [
    'two migrations of a name',
    (it) => (it.migrations = [cypher, { ...command, name: 'slugs' }]),
    'two migrations slugs',
  ],
  [
    'a migration of a later version',
    (it) => (it.migrations = [{ ...cypher, since: '1.0.1' }]),
    'slugs is needed since 1.0.1, and the blueprint is 1.0.0',
  ],
  [
    'a soak that no window has room for',
    (it) => (it.upgrade = { soak: '4h' }),
    'with a soak of 4h an upgrade takes 6 h 2 min or more, and the window sun 02:00-06:00 UTC is open for 4 h',
  ],
  ['a soak without end', (it) => (it.upgrade = { soak: `${'9'.repeat(20)}d`, window: 'now' }), 'is too long to count'],
  [
    'a night in a zone that does not exist',
    (it) => (it.nights = { zone: 'Europe/Atlantis' }),
    'there is no zone Europe/Atlantis',
  ],
  [
    'a night in which clocks change',
    (it) => (it.nights = { begin: '01:30', zone: 'Europe/Berlin' }),
    'clocks in Europe/Berlin change within 4 h after 01:30, first on 2026-03-29',
  ],
];

const inCompose: Damage[] = [
  ['no volumes at all', (it) => delete it.volumes, 'docker-compose.yml has no top-level volume neo4j_data'],
  ['a service without image', (it) => delete it.services.app.image, 'service app has no image'],
  ['published ports', (it) => (it.services.app.ports = ['80:80']), 'service app publishes ports; only the edge does'],
  [
    'a container name',
    (it) => (it.services.app.container_name = 'app'),
    'service app has a container_name; two instances would collide',
  ],
  [
    'a service nobody owns',
    (it) => (it.services.extra = { image: 'x' }),
    'service extra is neither a store nor in release',
  ],
  [
    'a service whose name could be another one in a colour',
    (it) => (it.services['app-blue'] = { image: 'x' }),
    'a service may not be called app-blue: Drydock adds the colour to names of the release',
  ],
  [
    'a network whose name could be another one in a colour',
    (it) => (it.networks = { 'release-green': {} }),
    'a network may not be called release-green: Drydock adds the colour to names of the release',
  ],
  [
    'a service called edge',
    (it) => (it.services.edge = { image: 'x' }),
    'a service may not be called edge: Drydock adds one of that name',
  ],
  [
    'a variable in Compose only',
    (it) => (it.services.app.environment.X = '${UNKNOWN}'),
    'uses UNKNOWN, which .env.template does not name',
  ],
];

describe('one problem each', () => {
  const tells = (change: (parts: Parts) => unknown, problem: string) => {
    const parts = blueprintParts();
    change(parts);
    const { blueprint, problems } = checkBlueprint(written(parts));
    expect(blueprint).toBeUndefined();
    expect(problems).toContainEqual(expect.stringContaining(problem));
    for (const told of problems) expect(told).toMatch(/^(blueprint\.yaml:\d+|docker-compose\.yml|\.env\.template): /);
  };

  test.each(inContract)('%s', (_, change, problem) => tells(({ contract }) => change(contract), problem));

  test.each(inCompose)('%s', (_, change, problem) => tells(({ compose }) => change(compose), problem));

  test('a secret with a value', () => {
    const known = (parts: Parts) => (parts.template = parts.template.replace('MODEL_KEY=', 'MODEL_KEY=abc'));
    tells(known, 'MODEL_KEY is a secret and must be empty here');
  });

  test.each<[string, Damage[1], RegExp]>([
    ['an unknown key', (it) => (it.stores.graph.password = 'x'), /^stores\.graph\.password is not a known key$/],
    ['a missing key', (it) => delete it.release, /^release: /],
    ['an unknown kind of store', (it) => (it.stores.graph.kind = 'mysql'), /^stores\.graph\.kind: /],
    [
      'a path that leads out',
      (it) => (it.stores.files.paths = ['../etc']),
      /^stores\.files\.paths\.0: must be a path inside/,
    ],
    ['an absolute path', (it) => (it.stores.files.paths = ['/etc']), /^stores\.files\.paths\.0: must be a path inside/],
    ['a version that is none', (it) => (it.version = '1'), /^version: must be a version/],
  ])('%s', (_, change, problem) => {
    const parts = blueprintParts();
    change(parts.contract);
    const { problems } = checkBlueprint(written(parts));
    const line = /^blueprint\.yaml:\d+: /;
    expect(problems).toEqual([expect.stringMatching(line)]);
    expect(problems[0]?.replace(line, '')).toMatch(problem);
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
  expect(refusalFrom(() => trustedBlueprint(files))).toMatchObject({
    code: 'invalid-input',
    message: 'read the blueprint: 4 problems',
  });
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
