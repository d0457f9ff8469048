import { describe, expect, test } from 'vitest';
import { SetId } from '../../../src/contracts/ids.ts';
import { generationLabels, instanceLabels, storeLabels } from '../../../src/model/instance/labels.ts';
import * as names from '../../../src/model/instance/names.ts';

test.each([
  ['project', names.projectName('pharma'), 'drydock-pharma'],
  ['project of a generation being built', names.generationProject('pharma', 2), 'drydock-pharma-g2'],
  ['volume', names.volumeName('pharma', 'neo4j_data', 2), 'drydock-pharma_neo4j_data_g2'],
  ['service in a colour', names.colouredService('app', 'blue'), 'app-blue'],
  ['container', names.containerName('drydock-pharma', 'neo4j'), 'drydock-pharma-neo4j-1'],
  ['network', names.networkName('drydock-pharma', 'stores'), 'drydock-pharma_stores'],
  ['one-off container', names.oneOffPrefix('drydock-pharma-g2', 'graph'), 'drydock-pharma-g2-oneoff-graph'],
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
