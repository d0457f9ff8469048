import { describe, expect, test } from 'vitest';
import { InstanceName, ServiceName, SetId } from '../../../src/contracts/ids.ts';
import { controlQueue, hostQueue } from '../../../src/contracts/queues.ts';
import { generationLabels, instanceLabels, storeLabels } from '../../../src/model/instance/labels.ts';
import * as names from '../../../src/model/instance/names.ts';
import { anIdentity, instanceId } from '../../support/builders.ts';

test.each([
  ['project', names.projectName('pharma'), 'drydock-pharma_serving'],
  ['project of a generation being built', names.generationProject('pharma', 2), 'drydock-pharma_g2'],
  ['volume', names.volumeName('pharma', 'neo4j_data', 2), 'drydock-pharma.neo4j_data.g2'],
  ['service in a colour', names.colouredService('app', 'blue'), 'app-blue'],
  ['container', names.containerName('drydock-pharma_serving', 'neo4j'), 'drydock-pharma_serving-neo4j-1'],
  ['network', names.networkName('drydock-pharma_serving', 'stores'), 'drydock-pharma_serving_stores'],
  ['one-off container', names.oneOffPrefix('drydock-pharma_g2', 'graph'), 'drydock-pharma_g2_oneoff_graph'],
  ['prefix of a set', names.setPrefix(anIdentity(), 'S'), `instances/pharma.${instanceId}/sets/S/`],
  ['manifest', names.manifestKey(anIdentity(), 'S'), `instances/pharma.${instanceId}/sets/S/manifest.json`],
  ['evidence', names.evidenceKey(anIdentity(), 'S', 7), `instances/pharma.${instanceId}/sets/S/evidence/0007.json`],
  [
    'artifact',
    names.artifactKey(anIdentity(), 'S', 'graph', 'g.dump'),
    `instances/pharma.${instanceId}/sets/S/graph/g.dump`,
  ],
  ['blueprint', names.blueprintKey('osmose@1.0.0'), 'blueprints/osmose/1.0.0.json'],
  ['directory of a release', names.releaseDirectory('green'), '.drydock/releases/green'],
  ['other colour', names.otherColour('green'), 'blue'],
  ['tombstone', names.tombstoneKey(anIdentity()), `instances/pharma.${instanceId}/decommissioned.json`],
])('the name of a %s', (_, name, expected) => {
  expect(name).toBe(expected);
});

test.each([
  ['none', 'none', 'a.dump'],
  ['zstd', 'none', 'a.dump.zst'],
  ['none', 'age', 'a.dump.age'],
  ['zstd', 'age', 'a.dump.zst.age'],
])('a file packed with %s and %s says so in its name', (compression, encryption, expected) => {
  expect(names.sealedName('a.dump', { compression, encryption })).toBe(expected);
});

describe('a set id', () => {
  test('says the second in UTC, and is one of the contract', () => {
    const id = names.setId(new Date('2026-11-21T03:00:00.999Z'), '1a2b3c4d5e6f');
    expect(id).toBe('20261121T030000Z-1a2b3c4d');
    expect(SetId.parse(id)).toBe(id);
  });

  test('sorts by time, whatever the random part', () => {
    const moments = ['2026-01-09T09:59:59Z', '2026-01-10T00:00:00Z', '2026-10-02T00:00:00Z', '2027-01-01T00:00:00Z'];
    const ids = moments.map((moment, index) => names.setId(new Date(moment), `${9 - index}0000000`));
    expect([...ids].sort()).toEqual(ids);
  });
});

test('labels of a store find it, its generation and its instance', () => {
  const store = storeLabels(anIdentity(), 2, 'graph');
  expect(store).toMatchObject(generationLabels(anIdentity(), 2));
  expect(store).toMatchObject(instanceLabels(anIdentity()));
  expect(store).toEqual({
    'drydock.instance': 'pharma',
    'drydock.id': instanceId,
    'drydock.generation': '2',
    'drydock.store': 'graph',
  });
});

/** A thing in words that no other thing shares, and its name. */
type Named = [thing: string, name: string];

// Parts are joined of the words of our names, so that many parts hold the joint of another name.
const words = ['a', 'g2', 'serving', 'blue', 'run', 'oneoff', 'evidence', '1'];
const joined = (joints: readonly string[]) => [
  ...words,
  ...words.flatMap((one) => words.flatMap((other) => joints.map((joint) => one + joint + other))),
];
const instances = joined(['-', '--']).filter((name) => InstanceName.safeParse(name).success);
const parts = joined(['-', '_']).filter((name) => ServiceName.safeParse(name).success);
const services = parts.filter((name) => names.reservedName(name) === undefined);
const stores = parts.filter((name) => !names.reservedStores.includes(name));
const generations = [1, 2, 22];
const sets = ['20261121T030000Z-1a2b3c4d', '20261121T030000Z-1a2b3c4e'];

const projects = instances.flatMap((instance): Named[] => [
  [`what serves of ${instance}`, names.projectName(instance)],
  ...generations.map((at): Named => [`generation ${at} of ${instance}`, names.generationProject(instance, at)]),
]);
const inProject: Named[] = [
  ['the edge', names.edgeService],
  ...services.map((name): Named => [`service ${name}`, name]),
  ...services.flatMap((name) =>
    ['blue', 'green'].map((colour): Named => [`${name} in ${colour}`, names.colouredService(name, colour)]),
  ),
];
/** Things that each project has once. */
const ofProjects = (of: (project: string) => Named[]) =>
  projects.flatMap(([at, project]) => of(project).map(([thing, name]): Named => [`${thing} of ${at}`, name]));

/** Things that Docker or the bucket tells apart by their names alone. */
const kinds: Record<string, Named[]> = {
  'Compose projects': projects,
  'services of a project': inProject,
  containers: ofProjects((project) => [
    ...inProject.map(([thing, service]): Named => [thing, names.containerName(project, service)]),
    ...services.map((service): Named => [`a command in ${service}`, names.commandContainer(project, service)]),
    ...stores.map((store): Named => [`the tool of ${store}`, `${names.oneOffPrefix(project, store)}-tool`]),
  ]),
  volumes: [
    ...instances.flatMap((instance) =>
      parts.flatMap((volume) =>
        generations.map((at): Named => [`${volume} ${at} of ${instance}`, names.volumeName(instance, volume, at)]),
      ),
    ),
    ...ofProjects((project) =>
      stores.map((store): Named => [`the copy of ${store}`, `${names.oneOffPrefix(project, store)}-copy`]),
    ),
  ],
  networks: ofProjects((project) =>
    inProject.map(([thing, network]): Named => [thing, names.networkName(project, network)]),
  ),
  queues: [['the control queue', controlQueue], ...instances.map((host): Named => [`host ${host}`, hostQueue(host)])],
  'object keys': instances
    .map((instance) => anIdentity(instance))
    .flatMap((of) => [
      [`the tombstone of ${of.instance}`, names.tombstoneKey(of)] satisfies Named,
      ...sets.flatMap((set): Named[] => [
        [`the manifest of ${set} of ${of.instance}`, names.manifestKey(of, set)],
        [`the removal of ${set} of ${of.instance}`, names.removalKey(of, set)],
        [`evidence 1 of ${set} of ${of.instance}`, names.evidenceKey(of, set, 1)],
        ...stores.map(
          (store): Named => [
            `0001.json of ${store} in ${set} of ${of.instance}`,
            names.artifactKey(of, set, store, '0001.json'),
          ],
        ),
      ]),
    ]),
};

test.each(Object.entries(kinds))('%s of different things never have the same name', (_, named) => {
  const byName = new Map<string, string>();
  const equal: string[] = [];
  for (const [thing, name] of named) {
    const other = byName.get(name);
    if (other !== undefined && other !== thing) equal.push(`${name}: ${other}, and ${thing}`);
    byName.set(name, thing);
  }
  expect(byName.size).toBeGreaterThan(10);
  expect(equal.slice(0, 5)).toEqual([]);
});

test('a project is told from that of an instance whose name goes on', () => {
  expect(names.isProjectOf('pharma', names.generationProject('pharma', 2))).toBe(true);
  expect(names.isProjectOf('pharma', names.projectName('pharma-g2'))).toBe(false);
  expect(names.isProjectOf('pharma', 'drydock-pharma')).toBe(false);
});
