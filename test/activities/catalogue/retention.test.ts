import { beforeEach, describe, expect, test } from 'vitest';
import { createRetentionActivities } from '../../../src/activities/catalogue/retention.ts';
import type { RetentionBasis } from '../../../src/contracts/retention.ts';
import type { ObjectStore } from '../../../src/drivers/object-store/object-store.ts';
import { goneBasis } from '../../../src/model/catalogue/plan-retention.ts';
import type { OpenRun } from '../../../src/model/catalogue/retention-observation.ts';
import { manifestKey, tombstoneKey } from '../../../src/model/instance/names.ts';
import { aCapture, anIdentity, instanceId } from '../../support/builders.ts';
import { createFakeObjectStore, InMemoryBucket } from '../../support/fakes/object-store.ts';
import { anEntry } from '../../support/month-cases.ts';
import { applyRetention, aTombstone, clientWith, dayMs, living, putSet, setOf } from '../../support/retention-cases.ts';

const of = anIdentity();
const now = Date.now();
const basis = living({ keepVerified: 1 });

let bucket: InMemoryBucket;
let objects: ObjectStore;
let runs: OpenRun[];
let steps: ReturnType<typeof createRetentionActivities>;
beforeEach(() => {
  bucket = new InMemoryBucket();
  objects = createFakeObjectStore(bucket);
  runs = [];
  steps = createRetentionActivities(
    clientWith(() => runs),
    objects,
  );
});

const id = (ageDays: number, number = 0) => setOf(now, ageDays, number);
const put = (key: string, text = 'x', ageDays = 30, sha256?: string) =>
  bucket.objects.set(key, {
    body: Buffer.from(text),
    modifiedAt: new Date(now - ageDays * dayMs),
    ...(sha256 === undefined ? {} : { sha256 }),
  });
const keys = () => [...bucket.objects.keys()].sort();
const below = (set: string) => keys().filter((key) => key.includes(`/sets/${set}/`));
const apply = (given: { basis: RetentionBasis } = { basis }) => applyRetention(steps, { of, ...given });

describe('a set that no rule keeps', () => {
  test('goes whole, and those that stay are untouched', async () => {
    putSet(bucket, {}, id(1), true);
    const before = keys();
    putSet(bucket, {}, id(20), true);
    const { plan, removals } = await apply();
    expect(plan).toMatchObject({ deleteSets: 1, life: 'living' });
    expect(removals).toMatchObject([{ what: `set ${id(20)}`, outcome: 'removed', removedBytes: plan.deleteBytes }]);
    expect(keys()).toEqual(before);
    expect((await apply()).removals).toEqual([]);
  });

  test('is never a whole one in place of a capture, and a capture of yesterday goes', async () => {
    putSet(bucket, {}, id(1.5), true);
    for (const age of [0.5, 2]) {
      const capture = aCapture(id(age), ['graph']);
      put(manifestKey(anIdentity(), id(age)), JSON.stringify(capture), age);
      for (const { key } of capture.artifacts) put(key, 'a capture', age, 'a'.repeat(64));
    }
    const { plan, removals } = await apply();
    expect(plan.sets.map(({ verdict }) => verdict)).toEqual(['keep', 'keep', 'delete']);
    expect(removals).toMatchObject([{ what: `set ${id(2)}`, outcome: 'removed' }]);
    expect([below(id(0.5)).length, below(id(1.5)).length, below(id(2)).length]).toEqual([2, 4, 0]);
  });

  test('loses its manifest first', async () => {
    putSet(bucket, {}, id(1));
    putSet(bucket, {}, id(20));
    const gone: string[] = [];
    bucket.deleted = (key) => void gone.push(key.split('/').pop() ?? '');
    await apply();
    expect([gone.at(0), gone.at(-1), gone.length]).toEqual(['manifest.json', 'removal.json', 4]);
  });

  test('stays when a run begins to use it after the plan', async () => {
    putSet(bucket, {}, id(1));
    putSet(bucket, {}, id(20));
    const plan = await steps.planRetention({ of, basis });
    expect(plan.deleteSets).toBe(1);
    runs.push({ procedure: 'drill', workflowId: 'drill-1', startedAt: new Date().toISOString(), set: id(20) });
    expect(await steps.removeSet({ of, set: id(20), reasons: ['old'] })).toMatchObject({
      outcome: 'kept',
      problems: ['drill (drill-1) began to use it after the plan was made'],
    });
    expect(below(id(20))).toHaveLength(3);
  });

  test('goes without what somebody else has put there, which is told', async () => {
    putSet(bucket, {}, id(1));
    putSet(bucket, {}, id(20));
    put(`instances/pharma.${instanceId}/sets/${id(20)}/graph/notes.txt`);
    put(`instances/pharma.${instanceId}/sets/${id(20)}/why.json`, '{"format":"other"}');
    const { plan } = await apply();
    const rest = [
      `instances/pharma.${instanceId}/sets/${id(20)}/graph/notes.txt`,
      `instances/pharma.${instanceId}/sets/${id(20)}/why.json`,
    ];
    expect(below(id(20))).toEqual(rest);
    expect(plan.leftAlone.map(({ what }) => what)).toEqual(rest);
    const again = await apply();
    expect(again.removals).toEqual([]);
    expect(again.plan.leftAlone.map(({ why }) => why)).toEqual(['cannot be proven ours', 'cannot be proven ours']);
  });

  test('goes with notes about it that are ours, whatever they are called', async () => {
    putSet(bucket, {}, id(1));
    putSet(bucket, {}, id(20));
    const note = { format: 'drydock-evidence/1', ...of, set: id(20), level: 'drill' };
    put(`instances/pharma.${instanceId}/sets/${id(20)}/evidence/0001.json`, JSON.stringify(note));
    await apply();
    expect(below(id(20))).toEqual([]);
  });
});

describe('what the catalogue cannot prove ours is told and stays', () => {
  const good = () => putSet(bucket, {}, id(1));
  test.each<[string, (key: string) => void, string]>([
    ['a manifest that is no JSON', (key) => put(key, '{'), 'the object is not JSON'],
    ['a manifest of another format', (key) => change(key, { format: 'drydock-set/9' }), 'the object is not a manifest'],
    ['a manifest of another instance', (key) => change(key, { instance: 'sap' }), 'of sap'],
    ['a manifest of another set', (key) => change(key, { set: id(5) }), `it names set ${id(5)}`],
    [
      'a manifest that names objects elsewhere',
      (key) =>
        put(
          key,
          bucket.objects
            .get(key)
            ?.body.toString()
            .replaceAll('/graph/', '/../graph/')
            .replaceAll(`sets/${id(30)}/files`, `sets/${id(1)}/files`),
        ),
      'outside of the set',
    ],
  ])('%s', async (_, spoil, problem) => {
    good();
    putSet(bucket, {}, id(30));
    spoil(manifestKey(of, id(30)));
    const before = keys();
    const { plan, removals } = await apply();
    expect(removals).toEqual([]);
    expect(keys()).toEqual(before);
    expect(plan.sets.find(({ set }) => set === id(30))).toMatchObject({
      verdict: 'keep',
      reasons: [expect.stringContaining(problem)],
    });
  });

  test('objects and uploads that are no part of a set', async () => {
    good();
    const strange = ['sets/readme.txt', 'sets/2026/manifest.json', 'sets/latest/graph/x.dump', 'export.tar'];
    for (const name of strange) put(`instances/pharma.${instanceId}/${name}`);
    bucket.openUpload(`instances/pharma.${instanceId}/sets/backup.tar`);
    bucket.openUpload(`instances/pharma.${instanceId}/sets/${id(30)}/whole-set.tar`);
    for (const upload of bucket.uploads.values()) upload.initiatedAt = new Date(now - 30 * dayMs);
    const before = keys();
    const { plan, removals } = await apply();
    expect(removals).toEqual([]);
    expect([keys(), bucket.uploads.size]).toEqual([before, 2]);
    expect(plan.leftAloneCount).toBe(5);
  });

  test('artifacts without a manifest that do not carry a digest of ours', async () => {
    good();
    put(`instances/pharma.${instanceId}/sets/${id(30)}/graph/neo4j.dump`);
    expect((await apply()).removals).toEqual([]);
    put(`instances/pharma.${instanceId}/sets/${id(30)}/graph/ours.dump`, 'x', 30, 'a'.repeat(64));
    expect((await apply()).removals).toMatchObject([{ what: `artifacts of ${id(30)}`, outcome: 'removed' }]);
    expect(below(id(30))).toEqual([`instances/pharma.${instanceId}/sets/${id(30)}/graph/neo4j.dump`]);
  });

  function change(key: string, changes: object): void {
    put(key, JSON.stringify({ ...JSON.parse(bucket.objects.get(key)?.body.toString() ?? ''), ...changes }));
  }
});

test('only a restore that names no set yet counts; another run that has not chosen takes what it is given', async () => {
  for (const age of [10, 20, 30]) putSet(bucket, {}, id(age));
  const began = new Date(now - 25 * dayMs).toISOString();
  runs = [
    { procedure: 'drill', workflowId: 'drill-1', startedAt: began },
    { procedure: 'verify', workflowId: 'verify-1', startedAt: began, set: 'random' },
  ];
  expect(await steps.planRetention({ of, basis })).toMatchObject({ deleteSets: 2 });
  runs = [{ procedure: 'restore', workflowId: 'restore-1', startedAt: began }];
  expect(await steps.planRetention({ of, basis })).toMatchObject({ deleteSets: 0 });
});

test('an orphan that has got a manifest since the plan stays', async () => {
  putSet(bucket, {}, id(1));
  put(`instances/pharma.${instanceId}/sets/${id(30)}/graph/graph.dump`, 'x', 30, 'a'.repeat(64));
  const plan = await steps.planRetention({ of, basis });
  putSet(bucket, {}, id(30));
  const [orphan] = plan.orphans;
  if (orphan === undefined) throw new Error('there is no orphan');
  expect(await steps.removeOrphan({ of, orphan })).toMatchObject({ outcome: 'kept' });
  expect(below(id(30))).toHaveLength(3);
});

test('a listing at the end that is not as planned fails, and names what vanished', async () => {
  putSet(bucket, {}, id(1));
  putSet(bucket, {}, id(20));
  bucket.deleted = () => {
    bucket.deleted = () => {};
    bucket.objects.delete(manifestKey(of, id(1)));
  };
  await expect(apply()).rejects.toMatchObject({ code: 'mismatch', problems: [expect.stringContaining(id(1))] });
});

describe('a bucket that does not let go', () => {
  test('of a manifest keeps the set whole', async () => {
    putSet(bucket, {}, id(1));
    putSet(bucket, {}, id(20));
    const before = keys();
    bucket.locked = (key) => !key.endsWith('removal.json');
    const { removals } = await apply();
    expect(removals).toMatchObject([
      { outcome: 'refused', removedBytes: 0, problems: [expect.stringContaining('AccessDenied')] },
    ]);
    expect(keys()).toEqual(before);
  });

  test('of artifacts is tried again by the next run, and each says what is left', async () => {
    putSet(bucket, {}, id(1));
    putSet(bucket, {}, id(20));
    bucket.locked = (key) => key.includes('/graph/');
    const problems = [`instances/pharma.${instanceId}/sets/${id(20)}/graph/graph.dump: AccessDenied`];
    expect((await apply()).removals).toMatchObject([{ outcome: 'partly-removed', problems }]);
    expect((await apply()).removals).toMatchObject([
      { what: `artifacts of ${id(20)}`, outcome: 'partly-removed', problems },
    ]);
    bucket.locked = () => false;
    expect((await apply()).removals).toMatchObject([{ outcome: 'removed' }]);
    expect(below(id(20))).toEqual([]);
  });
});

describe('the tombstone', () => {
  test('is none for an instance that lives', async () => {
    expect(await steps.readTombstone({ of })).toEqual({ lives: true });
  });

  test.each([
    ['no JSON', '{', 'it is not JSON'],
    ['something else', '{}', 'it is not a tombstone'],
    [
      'that of another',
      JSON.stringify({ ...aTombstone(now, now), instance: 'sap' }),
      `it names instance sap.${instanceId}`,
    ],
  ])('that is %s stops everything', async (_, text, problem) => {
    put(tombstoneKey(of), text);
    await expect(steps.readTombstone({ of })).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining(problem),
    });
  });

  test('lets all sets go when their time is over, but not journal and tombstone', async () => {
    for (const age of [31, 40, 50]) putSet(bucket, {}, id(age), true);
    put(`instances/pharma.${instanceId}/journal/20260101T000000000Z-backup-done.json`);
    put(tombstoneKey(of));
    const tombstone = aTombstone(now - 30 * dayMs, now - dayMs);
    await applyRetention(steps, { of, basis: goneBasis(), tombstone });
    expect(keys()).toEqual([
      tombstoneKey(of),
      `instances/pharma.${instanceId}/journal/20260101T000000000Z-backup-done.json`,
    ]);
  });
});

test('a safety set named by the journal stays until the way back is closed', async () => {
  putSet(bucket, {}, id(1), true);
  putSet(bucket, {}, id(20), true);
  const time = new Date(now - 20 * dayMs).toISOString();
  const entry = (until: number) => {
    const result = { safetySet: id(20), oldReleaseKeptUntil: new Date(until).toISOString() };
    return anEntry('upgrade', 1, { startedAt: time, endedAt: time, result });
  };
  put(`instances/pharma.${instanceId}/journal/20261101T000000000Z-upgrade-done.json`, 'spoilt');
  const key = `instances/pharma.${instanceId}/journal/20261102T000000000Z-upgrade-done.json`;
  put(key, JSON.stringify(entry(now + dayMs)));
  expect((await apply()).removals).toEqual([]);
  put(key, JSON.stringify(entry(now - dayMs)));
  expect((await apply()).removals).toHaveLength(1);
});
