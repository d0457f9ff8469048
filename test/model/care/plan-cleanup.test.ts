import { describe, expect, test } from 'vitest';
import { CleanupRequest } from '../../../src/contracts/cleanup.ts';
import { reportOldNodes, reportVectorSpace } from '../../../src/model/care/cleanup-report.ts';
import {
  collectionsDue,
  cutoffOf,
  oldNodesSpec,
  planOldNodes,
  planVectorSpace,
  vectorSpaceSpec,
} from '../../../src/model/care/plan-cleanup.ts';
import { aBlueprint, aRecord, digest } from '../../support/builders.ts';
import { refusalFrom } from '../../support/refusals.ts';

const blueprint = aBlueprint();
const cutoff = '2026-11-14T03:00:00.000Z';
const record = aRecord();
const request = (fields: object = {}) => CleanupRequest.parse({ instance: 'pharma', what: 'proto-kg', ...fields });
const counts = { total: 20, matching: 12, due: 9, undated: 1, dateTypes: { 'ZONED DATETIME': 11 } };
const nodes = (changes: object = {}, asked: object = {}) =>
  planOldNodes(request(asked), oldNodesSpec(blueprint, request()), cutoff, {
    record,
    health: 'healthy',
    counts,
    readOnlyFor: undefined,
    ...changes,
  });

const items = {
  collection: 'items',
  points: 800,
  deletedPoints: 200,
  deletedShare: 0.2,
  segmentsDue: 1,
  sizeBytes: 4096,
};
const calm = { ...items, collection: 'calm', deletedPoints: 0, deletedShare: 0, segmentsDue: 0 };
const space = (changes: object = {}) =>
  planVectorSpace(request({ what: 'qdrant' }), vectorSpaceSpec(blueprint, request()), {
    record,
    health: 'healthy',
    spaces: [calm, items],
    diskFreeBytes: 10_000,
    ...changes,
  });

describe('old nodes', () => {
  test('are those from before a fixed moment, with what the blueprint says of them', () => {
    expect(cutoffOf(oldNodesSpec(blueprint, request()), new Date('2026-11-21T03:00:00Z'))).toBe(cutoff);
    expect(nodes({}, { untilAt: '2026-11-21T05:00:00.000Z' })).toEqual({
      what: 'proto-kg',
      instance: 'pharma',
      host: 'h1',
      generation: 1,
      dryRun: false,
      untilAt: '2026-11-21T05:00:00.000Z',
      store: 'graph',
      label: 'Proto',
      property: 'since',
      where: { status: 'pending' },
      cutoff,
      counts: { total: 20, matching: 12, due: 9, undated: 1 },
    });
  });

  test.each<[string, object, string]>([
    [
      'text instead of dates',
      { counts: { ...counts, dateTypes: { 'ZONED DATETIME': 2, STRING: 9 } } },
      '9 of 12 nodes Proto with status pending have a since of type STRING, and not ZONED DATETIME',
    ],
    ['seconds instead of dates', { counts: { ...counts, dateTypes: { INTEGER: 11 } } }, 'of type INTEGER'],
    ['dates without a zone', { counts: { ...counts, dateTypes: { 'LOCAL DATETIME': 11 } } }, 'of type LOCAL DATETIME'],
    [
      'no date on any node',
      { counts: { ...counts, undated: 12, dateTypes: {} } },
      'none of 12 nodes Proto with status pending has a since',
    ],
    ['a store that is stopped', { health: 'stopped', counts: undefined }, 'store graph is stopped'],
    ['an instance that is kept read-only', { readOnlyFor: 'audit' }, 'the instance is kept read-only: audit'],
  ])('are refused with %s', (_, changes, problem) => {
    expect(refusalFrom(() => nodes(changes))).toMatchObject({
      code: 'refused',
      problems: [expect.stringContaining(problem)],
    });
  });

  test('may be counted while the instance is kept read-only', () => {
    expect(nodes({ readOnlyFor: 'audit' }, { dryRun: true })).toMatchObject({ dryRun: true });
  });

  test('need not be there', () => {
    const none = { total: 0, matching: 0, due: 0, undated: 0, dateTypes: {} };
    expect(nodes({ counts: none })).toMatchObject({ counts: { due: 0 } });
  });
});

describe('space', () => {
  test('is reclaimed in collections with a segment that is due', () => {
    const plan = space();
    expect(plan.collections).toEqual([calm, items]);
    expect(collectionsDue(plan)).toEqual([items]);
    expect(plan.deletedShare).toBe(0.05);
  });

  test.each<[string, object, string]>([
    [
      'there is no room to rewrite a collection',
      { diskFreeBytes: 4095 },
      'collection items is rewritten beside itself',
    ],
    ['the store is unhealthy', { health: 'unhealthy', spaces: undefined }, 'store vectors is unhealthy'],
  ])('is not when %s', (_, changes, problem) => {
    expect(refusalFrom(() => space(changes)).problems).toEqual([expect.stringContaining(problem)]);
  });
});

test.each([
  ['protoKg', () => oldNodesSpec(aBlueprint({ stores: ['files'] }), request())],
  ['qdrant', () => vectorSpaceSpec(aBlueprint({ stores: ['files'] }), request())],
])('a blueprint without cleanup.%s has nothing to clean', (entry, act) => {
  expect(refusalFrom(act).problems).toEqual([`blueprint stack@1.0.0 has no cleanup.${entry}`]);
});

describe('the report', () => {
  const plan = { ...nodes(), hash: digest } as Parameters<typeof reportOldNodes>[0];
  const deleted = { nodes: 4, relationships: 8, transactions: 1 };

  test.each([
    ['done when nothing is due', plan, 0, 'done', []],
    ['partial, with what is left, when something is', plan, 5, 'partial', [`5 nodes Proto from before ${cutoff}`]],
    ['planned after a dry run', { ...plan, dryRun: true }, 9, 'planned', [`9 nodes Proto from before ${cutoff}`]],
  ] as const)('is %s', (_, made, due, outcome, left) => {
    const after = { ...plan.counts, due };
    expect(reportOldNodes(made, after, deleted)).toMatchObject({ outcome, left, before: plan.counts, after, deleted });
  });

  test('of space says what was freed in each collection, and leaves out one that was removed', () => {
    const made = { ...space(), hash: digest } as Parameters<typeof reportVectorSpace>[0];
    const after = { ...items, deletedPoints: 0, deletedShare: 0, segmentsDue: 0, sizeBytes: 3000 };
    expect(reportVectorSpace(made, [after])).toMatchObject({
      outcome: 'done',
      collections: [{ before: items, after }],
      freedBytes: 1096,
    });
    expect(reportVectorSpace(made, [items])).toMatchObject({
      outcome: 'partial',
      left: ['200 deleted points in collection items'],
    });
  });
});
