import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCatalogueActivities } from '../../../src/activities/catalogue/catalogue.ts';
import { createRetentionActivities } from '../../../src/activities/catalogue/retention.ts';
import { manifestKey, removalKey } from '../../../src/model/instance/names.ts';
import { anIdentity, instanceId } from '../../support/builders.ts';
import { createFakeObjectStore, InMemoryBucket } from '../../support/fakes/object-store.ts';
import { applyRetention, clientWith, dayMs, living, putSet, setOf } from '../../support/retention-cases.ts';

const of = anIdentity();
const now = Date.now();
const id = (ageDays: number, number = 0) => setOf(now, ageDays, number);

/** Dies in the middle of a request, after the object is gone. */
class Killed extends Error {}

describe('killed after every single deletion', () => {
  const cases = fc.record({
    ages: fc.array(fc.record({ days: fc.integer({ min: 0, max: 60 }), verified: fc.boolean() }), { maxLength: 8 }),
    orphans: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 3 }),
    uploads: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 2 }),
    used: fc.nat({ max: 7 }),
    keepWithinDays: fc.integer({ min: 0, max: 40 }),
    retry: fc.constantFrom('the same step', 'a new run'),
  });

  test('sets are whole or gone, and going on ends where an undisturbed run ends', async () => {
    let kills = 0;
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const calm = world(one);
        await applyRetention(calm.steps, calm.request);
        const end = [...calm.bucket.objects.keys()].sort();
        for (let at = 1; ; at++) {
          const dying = world(one);
          if (!(await dies(dying, at, one.retry))) return;
          kills += 1;
          const protectedSets = new Set(end.filter((key) => key.endsWith('/manifest.json')));
          expect([...dying.bucket.objects.keys()]).toEqual(expect.arrayContaining(dying.foreign));
          for (const key of protectedSets) expect(dying.bucket.objects.has(key)).toBe(true);
          await everySetIsWhole(dying.bucket);
          dying.bucket.deleted = () => {};
          await applyRetention(dying.steps, dying.request);
          expect([...dying.bucket.objects.keys()].sort()).toEqual(end);
          expect(dying.bucket.uploads.size).toBe(calm.bucket.uploads.size);
        }
      }),
      { numRuns: 60 },
    );
    expect(kills).toBeGreaterThan(300);
  });

  type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;
  type World = ReturnType<typeof world>;

  function world({ ages, orphans, uploads, used, keepWithinDays }: Case) {
    const own = new InMemoryBucket();
    const sets = ages.map(({ days }, number) => id(days, number));
    for (const [number, { verified }] of ages.entries()) putSet(own, { prefix: 'one/' }, sets[number] ?? '', verified);
    putSet(own, { prefix: 'one/', of: anIdentity('sap') }, id(59));
    putSet(own, { prefix: 'two/' }, id(59));
    for (const [number, days] of orphans.entries()) {
      const modifiedAt = new Date(now - days * dayMs);
      const key = `one/instances/pharma.${instanceId}/sets/${id(days, 100 + number)}/graph/graph.dump`;
      own.objects.set(key, { body: Buffer.from('x'), sha256: 'a'.repeat(64), modifiedAt });
    }
    for (const [number, days] of uploads.entries()) {
      own.openUpload(`one/instances/pharma.${instanceId}/sets/${id(days, 200 + number)}/graph/graph.dump`);
      for (const upload of own.uploads.values()) upload.initiatedAt = new Date(now - days * dayMs);
    }
    own.objects.set(`one/instances/pharma.${instanceId}/sets/${id(59)}/foreign.txt`, {
      body: Buffer.from('x'),
      modifiedAt: new Date(0),
    });
    const foreign = [...own.objects.keys()].filter((key) => /^two|\/sap\/|foreign/.test(key));
    const open =
      sets[used] === undefined
        ? []
        : [{ procedure: 'drill', workflowId: 'd', startedAt: new Date(now).toISOString(), set: sets[used] }];
    const store = createFakeObjectStore(own, { prefix: 'one' });
    const made = createRetentionActivities(
      clientWith(() => open),
      store,
    );
    const standard = { keepWithinDays };
    return { bucket: own, steps: made, foreign, request: { of, basis: living({ keepVerified: 2, standard }) } };
  }

  /** False when there were fewer deletions than the test asks for. */
  async function dies(
    { bucket: own, steps: made, request }: World,
    at: number,
    retry: Case['retry'],
  ): Promise<boolean> {
    let count = 0;
    own.deleted = () => {
      count += 1;
      if (count === at) throw new Killed();
    };
    const again =
      retry === 'a new run'
        ? made
        : { ...made, removeSet: twice(made.removeSet), removeOrphan: twice(made.removeOrphan) };
    try {
      await applyRetention(again, request);
      return count >= at;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      return true;
    }
  }

  /** As Temporal does: a step whose worker died is tried again. */
  function twice<Input, Output>(step: (input: Input) => Promise<Output>): (input: Input) => Promise<Output> {
    return (input) =>
      step(input).catch((error: unknown) => {
        if (!(error instanceof Killed)) throw error;
        return step(input);
      });
  }

  async function everySetIsWhole(own: InMemoryBucket): Promise<void> {
    const store = createFakeObjectStore(own, { prefix: 'one' });
    const catalogue = createCatalogueActivities(store);
    for (const { set } of await catalogue.listSets({ of })) {
      const { artifacts } = await catalogue.readManifest({ of, set });
      for (const { key } of artifacts) expect(await store.head(key)).toBeDefined();
    }
    for (const key of own.objects.keys()) {
      const [, found] = /^one\/instances\/pharma\/sets\/(\d{8}T\d{6}Z-0000000[0-7])\//.exec(key) ?? [];
      if (found === undefined || key.endsWith('foreign.txt')) continue;
      const has = (name: string) => own.objects.has(`one/${name}`);
      expect(has(manifestKey(of, found)) || has(removalKey(of, found)), key).toBe(true);
    }
  }
});
