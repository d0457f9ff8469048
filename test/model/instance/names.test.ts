import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InstanceName, ServiceName, SetId } from '../../../src/contracts/ids.ts';
import { hostQueue } from '../../../src/contracts/queues.ts';
import { generationLabels, instanceLabels, storeLabels } from '../../../src/model/instance/labels.ts';
import * as names from '../../../src/model/instance/names.ts';

test.each([
  ['project', names.projectName('pharma'), 'drydock-pharma_serving'],
  ['project of a generation being built', names.generationProject('pharma', 2), 'drydock-pharma_g2'],
  ['volume', names.volumeName('pharma', 'neo4j_data', 2), 'drydock-pharma.neo4j_data.g2'],
  ['service in a colour', names.colouredService('app', 'blue'), 'app-blue'],
  ['container', names.containerName('drydock-pharma_serving', 'neo4j'), 'drydock-pharma_serving-neo4j-1'],
  ['network', names.networkName('drydock-pharma_serving', 'stores'), 'drydock-pharma_serving_stores'],
  ['one-off container', names.oneOffPrefix('drydock-pharma_g2', 'graph'), 'drydock-pharma_g2_oneoff_graph'],
  ['prefix of a set', names.setPrefix('pharma', 'S'), 'instances/pharma/sets/S/'],
  ['manifest', names.manifestKey('pharma', 'S'), 'instances/pharma/sets/S/manifest.json'],
  ['evidence', names.evidenceKey('pharma', 'S', 7), 'instances/pharma/sets/S/evidence/0007.json'],
  ['artifact', names.artifactKey('pharma', 'S', 'graph', 'g.dump'), 'instances/pharma/sets/S/graph/g.dump'],
  ['blueprint', names.blueprintKey('osmose@1.0.0'), 'blueprints/osmose/1.0.0.json'],
  ['directory of a release', names.releaseDirectory('green'), '.drydock/releases/green'],
  ['other colour', names.otherColour('green'), 'blue'],
  ['tombstone', names.tombstoneKey('pharma'), 'instances/pharma/decommissioned.json'],
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
  const store = storeLabels('pharma', 2, 'graph');
  expect(store).toMatchObject(generationLabels('pharma', 2));
  expect(store).toMatchObject(instanceLabels('pharma'));
  expect(store).toEqual({ 'drydock.instance': 'pharma', 'drydock.generation': '2', 'drydock.store': 'graph' });
});

/** What a name stands for: two things are the same when every part of them is. */
type Thing = Readonly<Record<string, string | number>>;

const short = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 8 });
// Few letters, and those that names are joined with: parts that hold each other come up all the time.
const instance = short('ag2-').filter((name) => InstanceName.safeParse(name).success);
const part = short('ag2-_').filter((name) => ServiceName.safeParse(name).success);
const service = part.filter((name) => names.reservedName(name) === undefined);
const store = fc
  .oneof(part, fc.constantFrom('manifest', 'removal'))
  .filter((name) => !names.reservedStores.includes(name));
const generation = fc.integer({ min: 1, max: 22 });
const colour = fc.constantFrom('blue', 'green');
const set = fc.constantFrom('20261121T030000Z-1a2b3c4d', '20261121T030000Z-1a2b3c4e');

/** A project as a thing, and its name. */
const project = fc.oneof(
  instance.map((name): [Thing, string] => [{ instance: name, place: 'serving' }, names.projectName(name)]),
  fc
    .tuple(instance, generation)
    .map(([name, at]): [Thing, string] => [{ instance: name, place: at }, names.generationProject(name, at)]),
);
const inColour = fc
  .tuple(service, colour)
  .map(([name, of]): [Thing, string] => [{ name, of }, names.colouredService(name, of)]);
const plain = service.map((name): [Thing, string] => [{ name }, name]);
const edge = fc.constant<[Thing, string]>([{ edge: 'edge' }, names.edgeService]);

/** Everything of one kind that could take another's place, by how the thing that bears the name is made. */
const kinds: Record<string, fc.Arbitrary<[Thing, string]>> = {
  'Compose projects': project,
  'services of a project': fc.oneof(inColour, plain, edge),
  containers: fc.oneof(
    fc
      .tuple(project, fc.oneof(inColour, plain, edge))
      .map(([[of, at], [what, name]]): [Thing, string] => [
        { ...of, ...what, kind: 'service' },
        names.containerName(at, name),
      ]),
    fc
      .tuple(project, store, fc.constantFrom('tool', 'version'))
      .map(([[of, at], name, use]): [Thing, string] => [
        { ...of, name, use },
        `${names.oneOffPrefix(at, name)}-${use}`,
      ]),
    fc
      .tuple(project, plain)
      .map(([[of, at], [what, name]]): [Thing, string] => [
        { ...of, ...what, kind: 'command' },
        names.commandContainer(at, name),
      ]),
  ),
  volumes: fc.oneof(
    fc
      .tuple(instance, part, generation)
      .map(([name, volume, at]): [Thing, string] => [
        { instance: name, volume, at },
        names.volumeName(name, volume, at),
      ]),
    fc
      .tuple(project, store)
      .map(([[of, at], name]): [Thing, string] => [
        { ...of, name, use: 'copy' },
        `${names.oneOffPrefix(at, name)}-copy`,
      ]),
  ),
  networks: fc
    .tuple(project, fc.oneof(inColour, plain, edge))
    .map(([[of, at], [what, name]]): [Thing, string] => [{ ...of, ...what }, names.networkName(at, name)]),
  queues: instance.map((host): [Thing, string] => [{ host }, hostQueue(host)]),
  'object keys': fc.oneof(
    fc
      .tuple(instance, set, store, fc.constantFrom('0001.json', 'graph.dump'))
      .map(([of, id, name, file]): [Thing, string] => [{ of, id, name, file }, names.artifactKey(of, id, name, file)]),
    fc
      .tuple(instance, set, generation)
      .map(([of, id, number]): [Thing, string] => [{ of, id, number }, names.evidenceKey(of, id, number)]),
    fc.tuple(instance, set).map(([of, id]): [Thing, string] => [{ of, id, is: 'manifest' }, names.manifestKey(of, id)]),
    fc.tuple(instance, set).map(([of, id]): [Thing, string] => [{ of, id, is: 'removal' }, names.removalKey(of, id)]),
    instance.map((of): [Thing, string] => [{ of, is: 'tombstone' }, names.tombstoneKey(of)]),
  ),
};

test.each(Object.entries(kinds))('%s of different things never have the same name', (_, things) => {
  const some = fc.array(things, { minLength: 2, maxLength: 60 });
  fc.assert(
    fc.property(some, (made) => {
      const byName = new Map<string, Thing>();
      for (const [thing, name] of made) {
        expect(byName.get(name) ?? thing, name).toEqual(thing);
        byName.set(name, thing);
      }
    }),
    { numRuns: 300 },
  );
});

test('a project is told from that of an instance whose name goes on', () => {
  expect(names.isProjectOf('pharma', names.generationProject('pharma', 2))).toBe(true);
  expect(names.isProjectOf('pharma', names.projectName('pharma-g2'))).toBe(false);
  expect(names.isProjectOf('pharma', 'drydock-pharma')).toBe(false);
});
