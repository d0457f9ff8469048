import { describe, expect, test } from 'vitest';
import { SetSummary } from '../../../src/contracts/manifest.ts';
import { chooseNewer } from '../../../src/model/sets/newer-stores.ts';
import { aManifest, anIdentity, setId } from '../../support/builders.ts';
import { refusalFrom } from '../../support/refusals.ts';

const base = aManifest();
const all = ['graph', 'vectors', 'queue', 'files'];

/** A set of that hour of the day of `base`, which was made at three. */
function aSet(hour: number, stores: readonly string[], changes: object = {}): SetSummary {
  const time = String(hour).padStart(2, '0');
  return SetSummary.parse({
    set: `20261121T${time}0000Z-00000001`,
    ...anIdentity(),
    reason: 'scheduled',
    createdAt: `2026-11-21T${time}:00:00.000Z`,
    blueprint: 'stack@1.0.0',
    sizeBytes: 1,
    encrypted: false,
    stores,
    ...changes,
  });
}

const hours = (chosen: ReturnType<typeof chooseNewer>) =>
  chosen.map(({ store, set }) => [store, Number(set.slice(9, 11))]);

describe('a store is taken from', () => {
  test.each<[string, SetSummary[], unknown]>([
    ['the newest capture of it', [aSet(9, ['queue']), aSet(8, ['queue'])], [['queue', 9]]],
    ['the newest whole set, where that is newer', [aSet(9, ['queue']), aSet(10, all)], [['queue', 10]]],
    ['no capture of another store', [aSet(9, ['graph'])], []],
    ['no set that is older than the others', [aSet(2, ['queue'])], []],
    [
      'no set of another blueprint',
      [aSet(9, ['queue'], { blueprint: 'stack@2.0.0' }), aSet(8, ['queue'])],
      [['queue', 8]],
    ],
    ['no set that is known to be bad', [aSet(9, ['queue'], { level: 'bad' }), aSet(8, ['queue'])], [['queue', 8]]],
    [
      'no set whose evidence was touched',
      [aSet(9, ['queue'], { evidenceProblems: ['broken'] }), aSet(8, ['queue'])],
      [['queue', 8]],
    ],
  ])('%s', (_, sets, chosen) => {
    expect(hours(chooseNewer(base, ['queue'], sets))).toEqual(chosen);
  });
});

test('each store is looked for by itself, and once', () => {
  const sets = [aSet(9, ['queue']), aSet(5, ['graph', 'queue'])];
  expect(hours(chooseNewer(base, ['queue', 'graph', 'queue'], sets))).toEqual([
    ['queue', 9],
    ['graph', 5],
  ]);
});

test('stores that the set does not have are refused, all of them', () => {
  expect(refusalFrom(() => chooseNewer(base, ['cache', 'queue', 'blobs'], []))).toMatchObject({
    code: 'refused',
    problems: [
      `set ${setId} has no store cache; it has graph, vectors, queue, files`,
      `set ${setId} has no store blobs; it has graph, vectors, queue, files`,
    ],
  });
});
