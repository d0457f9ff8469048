import { describe, expect, test } from 'vitest';
import type { StoreContents } from '../../../src/contracts/contents.ts';
import { compareContents } from '../../../src/model/sets/compare-contents.ts';

const graph: StoreContents = {
  kind: 'neo4j',
  nodes: 3,
  relationships: 1,
  labels: { Item: 3 },
  relationshipTypes: { KNOWS: 1 },
  indexes: ['a'],
  constraints: [],
};
const vectors: StoreContents = {
  kind: 'qdrant',
  collections: { items: { points: 2, vectors: { size: 4 }, payloadIndexes: [] } },
  aliases: { now: 'items' },
};
const files: StoreContents = { kind: 'files', files: 1, bytes: 5, digest: 'd' };

test.each([graph, vectors, files])('equal contents of $kind have no difference', (contents) => {
  expect(compareContents(contents, structuredClone(contents))).toEqual([]);
});

test.each<[string, StoreContents, StoreContents, string[]]>([
  [
    'fewer nodes and a label less',
    graph,
    { ...graph, nodes: 2, labels: {} },
    ['labels.Item: 3 expected, nothing found', 'nodes: 3 expected, 2 found'],
  ],
  ['a label more', graph, { ...graph, labels: { Item: 3, New: 1 } }, ['labels.New: nothing expected, 1 found']],
  ['another index', graph, { ...graph, indexes: ['b'] }, ['indexes: ["a"] expected, ["b"] found']],
  [
    'a collection that is gone',
    vectors,
    { ...vectors, collections: {} },
    ['collections.items: {"points":2,"vectors":{"size":4},"payloadIndexes":[]} expected, nothing found'],
  ],
  [
    'another alias',
    vectors,
    { ...vectors, aliases: { now: 'others' } },
    ['aliases.now: "items" expected, "others" found'],
  ],
  ['other bytes', files, { ...files, digest: 'e' }, ['digest: "d" expected, "e" found']],
  [
    'another kind of store',
    files,
    { kind: 'redis', keys: 1, expiring: 0 },
    [
      'bytes: 5 expected, nothing found',
      'digest: "d" expected, nothing found',
      'expiring: nothing expected, 0 found',
      'files: 1 expected, nothing found',
      'keys: nothing expected, 1 found',
      'kind: "files" expected, "redis" found',
    ],
  ],
])('%s is told in words', (_, expected, found, words) => {
  expect(compareContents(expected, found)).toEqual(words);
});

describe('Redis', () => {
  const queue = (keys: number, expiring: number): StoreContents => ({ kind: 'redis', keys, expiring });

  test.each([
    ['nothing expired', queue(10, 4), queue(10, 4), []],
    ['some keys expired since', queue(10, 4), queue(7, 1), []],
    ['all that could expire did', queue(10, 4), queue(6, 0), []],
    ['a lasting key is gone', queue(10, 4), queue(9, 4), ['keys without expiry: 6 expected, 5 found']],
    ['a lasting key is new', queue(10, 4), queue(11, 4), ['keys without expiry: 6 expected, 7 found']],
    [
      'a key gained an expiry',
      queue(10, 4),
      queue(10, 5),
      ['keys without expiry: 6 expected, 5 found', 'keys with expiry: at most 4 expected, 5 found'],
    ],
  ])('%s', (_, expected, found, words) => {
    expect(compareContents(expected, found)).toEqual(words);
  });
});
