import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OldNodes, OldNodesCare, SpaceCare, Vacuum } from '../../src/stores/care.ts';
import type { RunningService } from '../../src/stores/store.ts';
import type { FakeNode } from '../support/fakes/store-cleanup.ts';

/** Every node of a test has a label of its own, so that tests share one store. */
export interface NodesBench {
  driver: OldNodesCare;
  at: RunningService;
  put(nodes: readonly FakeNode[]): Promise<void>;
  dispose(): Promise<void>;
}

/** `put` makes a collection of so many points, of which some are deleted, in one segment. */
export interface VacuumBench {
  driver: SpaceCare;
  at: RunningService;
  put(collection: string, points: number, deleted: number): Promise<void>;
  dispose(): Promise<void>;
}

const never = new AbortController().signal;
const silent = () => undefined;
const cutoff = '2026-11-14T03:00:00.000Z';
const before = new Date('2026-11-14T02:59:59Z');
const after = new Date('2026-11-14T03:00:01Z');

export function oldNodesSuite(name: string, createBench: () => Promise<NodesBench>): void {
  describe(`old nodes of ${name}`, () => {
    let bench: NodesBench;
    beforeAll(async () => {
      bench = await createBench();
    });
    afterAll(() => bench?.dispose());

    const nodesOf = (label: string): OldNodes => ({ label, property: 'since', where: { status: 'pending' }, cutoff });
    const node = (label: string, since: Date | string | number, status = 'pending'): FakeNode => ({
      label,
      properties: { status, since },
      relationships: 1,
    });
    const count = (label: string) => bench.driver.countOldNodes(bench.at, nodesOf(label), never);
    const remove = (label: string, signal = never) => bench.driver.deleteOldNodes(bench.at, nodesOf(label), signal);

    test('are counted, and so are the types of their dates', async () => {
      const undated = { ...node('Mixed', before), properties: { status: 'pending' } };
      const others = [node('Mixed', before, 'promoted'), undated, node('Mixed', '2020-01-01'), node('Mixed', 1)];
      await bench.put([node('Mixed', before), node('Mixed', before), node('Mixed', after), ...others]);
      expect(await count('Mixed')).toEqual({
        total: 7,
        matching: 6,
        due: 2,
        undated: 1,
        dateTypes: { 'ZONED DATETIME': 3, STRING: 1, INTEGER: 1 },
      });
      expect(await count('Nothing')).toEqual({ total: 0, matching: 0, due: 0, undated: 0, dateTypes: {} });
    });

    test('go with their relationships, and what is young, promoted, undated or of another label stays', async () => {
      const others = [node('Gone', after), node('Gone', before, 'promoted'), node('Gone', '2020-01-01')];
      await bench.put([
        node('Gone', before),
        node('Gone', before),
        node('Gone', before),
        ...others,
        node('Other', before),
      ]);
      const deleted = await collected(remove('Gone'));
      expect(total(deleted)).toEqual({ nodes: 3, relationships: 3 });
      expect(await count('Gone')).toMatchObject({ total: 3, matching: 2, due: 0 });
      expect(await count('Other')).toMatchObject({ due: 1 });
      expect(await collected(remove('Gone'))).toEqual([]);
    });

    test('may be left at any transaction, and the next call goes on', async () => {
      await bench.put(Array.from({ length: 2500 }, () => node('Many', before)));
      for await (const { nodes } of remove('Many')) {
        expect(await count('Many')).toMatchObject({ due: 2500 - nodes });
        break;
      }
      const { due } = await count('Many');
      expect(due).toBeGreaterThan(0);
      expect(total(await collected(remove('Many')))).toMatchObject({ nodes: due });
    });

    test('stay when the step is cancelled', async () => {
      await bench.put([node('Kept', before)]);
      const cancelled = AbortSignal.abort(new Error('the operator changed his mind'));
      await expect(collected(remove('Kept', cancelled))).rejects.toThrow('the operator changed his mind');
      expect(await count('Kept')).toMatchObject({ due: 1 });
    });
  });
}

export function vacuumSuite(name: string, createBench: () => Promise<VacuumBench>): void {
  describe(`space of ${name}`, () => {
    const lowered: Vacuum = { deletedThreshold: 0.05, minimumPoints: 100 };
    const limit = { dueShare: 0.05, until: Number.POSITIVE_INFINITY };
    let bench: VacuumBench;
    let usual: Vacuum;
    beforeAll(async () => {
      bench = await createBench();
      await bench.put('littered', 4000, 600);
      await bench.put('small', 50, 20);
      await bench.put('whole', 2000, 0);
      const found = await bench.driver.vacuum(bench.at, 'littered');
      if (found === undefined) throw new Error('the collection is not there');
      usual = found;
    });
    afterAll(() => bench?.dispose());
    const space = () => bench.driver.space(bench.at, limit.dueShare);

    test('is told for each collection, and whether the server would find it worth the work', async () => {
      expect(await space()).toMatchObject([
        { collection: 'littered', points: 3400, deletedPoints: 600, deletedShare: 0.15 },
        { collection: 'small', deletedPoints: 20, segmentsDue: 0 },
        { collection: 'whole', points: 2000, deletedPoints: 0, deletedShare: 0, segmentsDue: 0 },
      ]);
      expect((await space())[0]?.segmentsDue).toBeGreaterThan(0);
    });

    test('is not reclaimed by a server that is set as usual', async () => {
      expect(await bench.driver.awaitVacuum(bench.at, 'littered', { ...limit, until: Date.now() }, silent, never)).toBe(
        'late',
      );
      expect((await space())[0]).toMatchObject({ deletedPoints: 600 });
    });

    test('is reclaimed under a lower threshold, which can be put back', async () => {
      const [littered] = await space();
      await bench.driver.setVacuum(bench.at, 'littered', lowered);
      expect(await bench.driver.vacuum(bench.at, 'littered')).toEqual(lowered);
      expect(await bench.driver.awaitVacuum(bench.at, 'littered', limit, silent, never)).toBe('done');
      const [now] = await space();
      expect(now).toMatchObject({ points: 3400, deletedPoints: 0, segmentsDue: 0 });
      expect(now?.sizeBytes).toBeLessThan(littered?.sizeBytes ?? 0);
      process.stdout.write(`${JSON.stringify({ store: name, before: littered, after: now })}\n`);
      for (const _ of ['once', 'twice']) await bench.driver.setVacuum(bench.at, 'littered', usual);
      expect(await bench.driver.vacuum(bench.at, 'littered')).toEqual(usual);
    });

    test('of a collection that is not there is not told', async () => {
      expect(await bench.driver.vacuum(bench.at, 'never-made')).toBeUndefined();
    });

    test('is not waited for when the step is cancelled', async () => {
      await bench.put('again', 4000, 600);
      const cancelled = AbortSignal.abort(new Error('the operator changed his mind'));
      const wait = bench.driver.awaitVacuum(bench.at, 'again', limit, silent, cancelled);
      await expect(wait).rejects.toThrow('the operator changed his mind');
    });
  });
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function total(batches: readonly { nodes: number; relationships: number }[]) {
  return batches.reduce(
    (sum, { nodes, relationships }) => ({
      nodes: sum.nodes + nodes,
      relationships: sum.relationships + relationships,
    }),
    { nodes: 0, relationships: 0 },
  );
}
