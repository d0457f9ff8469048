import { expect, test } from 'vitest';
import { finished, speak } from './support.ts';

const counts = { total: 20, matching: 12, due: 9, undated: 1 };
const nodes = {
  what: 'proto-kg',
  instance: 'pharma',
  outcome: 'partial',
  store: 'graph',
  label: 'ProtoConcept',
  cutoff: '2026-11-14T03:00:00.000Z',
  before: counts,
  after: { total: 16, matching: 8, due: 5, undated: 0 },
  deleted: { nodes: 4, relationships: 8, transactions: 1 },
  left: ['5 nodes ProtoConcept from before 2026-11-14T03:00:00.000Z'],
};
const littered = {
  collection: 'items',
  points: 800,
  deletedPoints: 200,
  deletedShare: 0.2,
  segmentsDue: 1,
  sizeBytes: 4096,
};
const clean = { ...littered, deletedPoints: 0, deletedShare: 0, segmentsDue: 0, sizeBytes: 3072 };
const space = {
  what: 'qdrant',
  instance: 'pharma',
  outcome: 'done',
  store: 'vectors',
  collections: [
    { before: littered, after: clean },
    { before: { ...clean, collection: 'whole' }, after: { ...clean, collection: 'whole' } },
  ],
  freedBytes: 1024,
  left: [],
};
const printed = async (what: string, report: object) =>
  (await speak(['cleanup', 'pharma', what], finished(report))).out.split('\n');

test('a cleanup says what it deleted, and what is left for the next run', async () => {
  expect(await printed('proto-kg', nodes)).toEqual([
    'pharma: deleted 4 nodes ProtoConcept from before 2026-11-14T03:00:00.000Z and 8 relationships in 1 transactions',
    '  before: 20 nodes, 12 candidates, 9 of these old, 1 without a date',
    '  after: 16 nodes, 8 candidates, 5 of these old',
    'left for the next run: 5 nodes ProtoConcept from before 2026-11-14T03:00:00.000Z',
  ]);
});

test('a dry run says what would go', async () => {
  expect(await printed('proto-kg', { ...nodes, outcome: 'planned', after: counts })).toEqual([
    'pharma: 9 nodes ProtoConcept from before 2026-11-14T03:00:00.000Z would go',
    '  now: 20 nodes, 12 candidates, 9 of these old, 1 without a date',
  ]);
  expect(await printed('qdrant', { ...space, outcome: 'planned' })).toEqual([
    'pharma: nothing was changed in vectors',
    '  items: 800 points and 200 deleted ones (20.0 %) in 4.0 KiB',
    '  whole: 800 points and 0 deleted ones (0.0 %) in 3.0 KiB (not worth the work)',
  ]);
});

test('a reclaim says what each collection takes, before and after', async () => {
  expect(await printed('qdrant', space)).toEqual([
    'pharma: freed 1.0 KiB in vectors',
    '  items: 800 points and 200 deleted ones (20.0 %) in 4.0 KiB, now 800 points and 0 deleted ones (0.0 %) in 3.0 KiB',
    '  whole: 800 points and 0 deleted ones (0.0 %) in 3.0 KiB (not worth the work), now 800 points and 0 deleted ones (0.0 %) in 3.0 KiB',
  ]);
});
