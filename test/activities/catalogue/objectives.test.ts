import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { beforeEach, describe, expect, test } from 'vitest';
import { createBlueprintActivities } from '../../../src/activities/catalogue/blueprints.ts';
import { createCatalogueActivities } from '../../../src/activities/catalogue/catalogue.ts';
import { createEvidenceActivities } from '../../../src/activities/catalogue/evidence.ts';
import { createJournal } from '../../../src/activities/catalogue/journal.ts';
import { createObjectiveActivities } from '../../../src/activities/catalogue/objectives.ts';
import type { Observation } from '../../../src/contracts/evidence.ts';
import { manifestKey } from '../../../src/model/instance/names.ts';
import { aCapture, aManifest, anIdentity, aPush, instanceId, someFacts } from '../../support/builders.ts';
import { createFakeObjectStore, InMemoryBucket } from '../../support/fakes/object-store.ts';
import { anEntry, at, goodEntries, setOf } from '../../support/month-cases.ts';

const of = anIdentity();
const facts = someFacts();

/** A Temporal that knows the given state of the instance, or no instance. */
function clientKnowing(state: object | 'nothing'): () => Client {
  const query = async () => {
    if (state === 'nothing') throw new WorkflowNotFoundError('none', 'instance/pharma', undefined);
    return state;
  };
  return () =>
    ({
      withDeadline: (_: number, act: () => unknown) => act(),
      workflow: { getHandle: () => ({ query }) },
    }) as unknown as Client;
}

let bucket: InMemoryBucket;
const objects = () => createFakeObjectStore(bucket);
const steps = (now = Date.now(), state: object | 'nothing' = { facts, waiting: [] }) =>
  createObjectiveActivities(clientKnowing(state), objects(), () => now);
const put = (key: string, text: string) => bucket.objects.set(key, { body: Buffer.from(text), modifiedAt: new Date() });

beforeEach(async () => {
  bucket = new InMemoryBucket();
  await createBlueprintActivities(objects()).publishBlueprint({ push: aPush() });
});

async function haveSet(day: number, observation?: Observation): Promise<void> {
  const manifest = aManifest({ set: setOf(day), createdAt: at(day) });
  await createCatalogueActivities(objects()).commitManifest({ manifest });
  if (observation === undefined) return;
  const by = { workflowId: 'verify', runId: `r${day}` };
  await createEvidenceActivities(objects()).recordEvidence({ manifest, observation, by });
}

const verified: Observation = { kind: 'bytes-verified', finding: { outcome: 'passed' }, sizeBytes: 2000 };
const states = async (from = steps()) =>
  (await from.computeObjectives({ of })).objectives.map(({ of, kind, state }) => `${of} ${kind} ${state}`);

describe('objectives', () => {
  test('come from the evidence beside the sets, and not from the set alone', async () => {
    await haveSet(2);
    const now = Date.now();
    expect(await states(steps(Date.parse(at(3))))).toContain('graph recovery point unknown');
    await haveSet(3, verified);
    // Evidence is dated when it is written: the sets are of this moment, as far as the step can tell.
    const { objectives } = await steps(now).computeObjectives({ of });
    expect(objectives.find(({ of }) => of === 'graph')?.seenMs).toBe(Math.max(0, now - Date.parse(at(3))));
  });

  test('of a store come from its captures too, and those of others do not', async () => {
    await haveSet(3, verified);
    const capture = aCapture(setOf(4), ['queue']);
    await createCatalogueActivities(objects()).commitManifest({ manifest: capture });
    const by = { workflowId: 'backup', runId: 'r4' };
    await createEvidenceActivities(objects()).recordEvidence({ manifest: capture, observation: verified, by });
    const now = Date.now();
    const { objectives } = await steps(now).computeObjectives({ of });
    const seen = Object.fromEntries(objectives.map(({ of, seenMs }) => [of, seenMs]));
    const age = (day: number) => Math.max(0, now - Date.parse(at(day)));
    expect(seen).toMatchObject({ queue: age(4), graph: age(3) });
  });

  test('do not stop at a set whose manifest cannot be read', async () => {
    await haveSet(3, verified);
    put(manifestKey(anIdentity(), setOf(4)), 'not JSON');
    const { notes } = await steps().computeObjectives({ of });
    expect(notes).toEqual([expect.stringContaining('the object is not JSON')]);
  });

  test('are computed without Temporal too, from what the journal says', async () => {
    await createJournal(objects()).writeJournal(
      anEntry('provision', 1, { plan: { host: 'h1', tier: 'standard', blueprint: { ref: 'stack@1.0.0' } } }),
    );
    const report = await steps(Date.now(), 'nothing').computeObjectives({ of });
    expect(report.notes).toEqual([expect.stringMatching(/^Temporal does not know this instance/)]);
    expect(report.objectives[0]).toMatchObject({ of: 'graph', state: 'red' });
  });

  test.each([
    ['is not known', 'nothing' as const],
    ['was removed', { facts: { ...facts, status: 'decommissioned' }, waiting: [] }],
  ])('of an instance that %s are not found', async (_, state) => {
    await expect(steps(Date.now(), state).computeObjectives({ of })).rejects.toMatchObject({ code: 'not-found' });
  });

  test('of an instance whose blueprint is gone say that', async () => {
    bucket.objects.clear();
    await expect(steps().computeObjectives({ of })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('blueprint (stack@1.0.0)'),
    });
  });
});

describe('the report of a month', () => {
  const december = Date.parse('2026-12-05T08:00:00.000Z');
  const write = async (...entries: ReturnType<typeof anEntry>[]) => {
    for (const entry of entries) await createJournal(objects()).writeJournal(entry);
  };

  test('is of the last month that is over, unless another is asked for', async () => {
    await write(...goodEntries);
    expect(await steps(december).composeReport({ of })).toMatchObject({ month: '2026-11', journalEntries: 6 });
    const october = await steps(december).composeReport({ of, month: '2026-10' });
    expect(october).toMatchObject({ month: '2026-10', journalEntries: 0 });
    expect(october.gaps[0]).toMatch(/begins after this month/);
  });

  test('holds what ended in it, also when it began before', async () => {
    await write(
      anEntry('upgrade', 1, { startedAt: '2026-10-20T03:00:00.000Z' }),
      anEntry('backup', 30, { endedAt: '2026-12-01T00:10:00.000Z' }),
    );
    const report = await steps(december).composeReport({ of });
    expect([report.upgrades.length, report.failures.length, report.journalEntries]).toEqual([1, 0, 1]);
  });

  test('knows the promise of the tier from the blueprint', async () => {
    await write(...goodEntries);
    const { availability } = await steps(december).composeReport({ of });
    expect(availability).toMatchObject({ promisedPercent: 99.5, closedMs: 30_000 });
  });

  test('says what of the journal cannot be read', async () => {
    await write(...goodEntries);
    put(`instances/pharma.${instanceId}/journal/20261108T030000000Z-backup-done.json`, '{');
    const { gaps } = await steps(december).composeReport({ of });
    expect(gaps.at(-1)).toMatch(/-backup-done\.json cannot be read as an entry of the journal$/);
  });

  test('is written of an instance that is gone, as far as its journal goes', async () => {
    const plan = { host: 'h1', tier: 'premium', blueprint: { ref: 'stack@1.0.0' } };
    await write(anEntry('provision', 1, { plan }), anEntry('decommission', 20));
    const report = await steps(december, 'nothing').composeReport({ of });
    expect(report).toMatchObject({ tier: 'premium', availability: { promisedPercent: 99.95 } });
    expect(report.objectives).toBeUndefined();
  });

  test.each([
    ['that was sold last', 15, 'standard'],
    ['of today’s instance, not of another of its name', 5, 'premium'],
  ])('of one that is gone knows the tier %s', async (_, day, tier) => {
    const plan = { host: 'h1', tier: 'premium', blueprint: { ref: 'stack@1.0.0' } };
    const request = { instance: of.instance, tier: 'standard', waitMinutes: 60 };
    await write(anEntry('provision', 10, { plan }), anEntry('changeTier', day, { request }));
    expect(await steps(december, 'nothing').composeReport({ of })).toMatchObject({ tier });
  });

  test('of a month to come is refused, and so is one of an instance that nobody knows', async () => {
    await expect(steps(december).composeReport({ of, month: '2027-01' })).rejects.toMatchObject({
      code: 'invalid-input',
    });
    await expect(steps(december, 'nothing').composeReport({ of })).rejects.toMatchObject({ code: 'not-found' });
  });
});
