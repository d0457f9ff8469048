import { beforeEach, describe, expect, test } from 'vitest';
import { createCatalogueActivities } from '../../../src/activities/catalogue/catalogue.ts';
import { createEvidenceActivities } from '../../../src/activities/catalogue/evidence.ts';
import type { Finding } from '../../../src/contracts/evidence.ts';
import { evidenceKey, manifestKey } from '../../../src/model/instance/names.ts';
import { aManifest, anIdentity, setId } from '../../support/builders.ts';
import { createFakeObjectStore, InMemoryBucket } from '../../support/fakes/object-store.ts';

let bucket: InMemoryBucket;
let catalogue: ReturnType<typeof createCatalogueActivities>;
let evidence: ReturnType<typeof createEvidenceActivities>;
beforeEach(async () => {
  bucket = new InMemoryBucket();
  const objects = createFakeObjectStore(bucket);
  catalogue = createCatalogueActivities(objects);
  evidence = createEvidenceActivities(objects);
  await catalogue.commitManifest({ manifest: aManifest() });
});

const bytes = (finding: Finding = { outcome: 'passed' }) =>
  ({ kind: 'bytes-verified', finding, sizeBytes: 1 }) as const;
const record = (runId: string, observation = bytes()) =>
  evidence.recordEvidence({ manifest: aManifest(), observation, by: { workflowId: 'verify-pharma', runId } });
const key = (number: number) => evidenceKey(anIdentity(), setId, number);
const keys = () => [...bucket.objects.keys()].filter((name) => name.includes('/evidence/'));
const listed = async () => (await catalogue.listSets({ of: anIdentity() }))[0];

describe('recording evidence', () => {
  test('makes a chain, one record a run', async () => {
    const first = await record('one');
    expect(await record('one')).toEqual(first);
    const second = await record('two');
    expect(keys()).toEqual([key(1), key(2)]);
    const text = bucket.objects.get(second.key)?.body.toString() ?? '';
    expect(JSON.parse(text)).toMatchObject({ number: 2, previous: first.sha256, run: 'two' });
    expect(await listed()).toMatchObject({ level: 'every byte', evidenceProblems: [] });
  });

  test('while another record is written at the same moment is another try, and none is lost', async () => {
    const outcomes = await Promise.allSettled([record('one'), record('two')]);
    const lost = outcomes.filter(({ status }) => status === 'rejected');
    expect(lost).toMatchObject([{ reason: { code: 'unavailable' } }]);
    await Promise.all([record('one')]);
    await Promise.all([record('two')]);
    expect(keys()).toHaveLength(2);
    expect((await listed())?.evidenceProblems).toEqual([]);
  });

  test('about a manifest that was changed meanwhile is refused', async () => {
    const text = JSON.stringify(aManifest({ reason: 'safety' }));
    bucket.objects.set(manifestKey(anIdentity(), setId), { body: Buffer.from(text), modifiedAt: new Date() });
    await expect(record('one')).rejects.toMatchObject({ code: 'mismatch' });
    expect(keys()).toEqual([]);
  });
});

describe('evidence that does not count is reported', () => {
  test('when a record was changed to say something better', async () => {
    await record('one', bytes({ outcome: 'failed', code: 'damaged', problem: 'a byte differs' }));
    expect(await listed()).toMatchObject({ level: 'bad' });
    await record('two', bytes({ outcome: 'failed', code: 'damaged', problem: 'a byte differs' }));
    const text = bucket.objects.get(key(1))?.body.toString() ?? '';
    const better = JSON.stringify({ ...JSON.parse(text), finding: { outcome: 'passed' } });
    bucket.objects.set(key(1), { body: Buffer.from(better), modifiedAt: new Date() });
    const found = await listed();
    expect(found?.verifiedAt).toBeUndefined();
    expect(found?.evidenceProblems).toEqual([expect.stringContaining('0002.json: the chain is broken')]);
  });

  test('when the manifest was changed since', async () => {
    await record('one');
    const text = JSON.stringify(aManifest({ reason: 'safety' }));
    bucket.objects.set(manifestKey(anIdentity(), setId), { body: Buffer.from(text), modifiedAt: new Date() });
    const found = await listed();
    expect(found).toMatchObject({ level: 'captured' });
    expect(found?.evidenceProblems).toEqual([expect.stringContaining('another manifest')]);
  });
});

test('a set that is known to be bad is no safety set', async () => {
  const recent = { of: anIdentity(), maxAgeHours: 24 * 3650 };
  expect(await catalogue.recentSet(recent)).toEqual({ set: setId });
  await record('one', bytes({ outcome: 'failed', code: 'damaged', problem: 'a byte differs' }));
  expect(await catalogue.recentSet(recent)).toEqual({});
});

describe('a random set', () => {
  const others = ['20261122T030000Z-00000000', '20261123T030000Z-00000000'];
  const drawn = async () => {
    const draws = Array.from({ length: 40 }, () => catalogue.readManifest({ of: anIdentity(), set: 'random' }));
    return [...new Set((await Promise.all(draws)).map(({ set }) => set))].sort();
  };

  test('is one of all that are not bad, and of the verified ones when there are some', async () => {
    for (const set of others) await catalogue.commitManifest({ manifest: aManifest({ set }) });
    await record('one', bytes({ outcome: 'failed', code: 'damaged', problem: 'a byte differs' }));
    expect(await drawn()).toEqual(others);
    await evidence.recordEvidence({
      manifest: aManifest({ set: others[0] }),
      observation: bytes(),
      by: { workflowId: 'verify', runId: 'r' },
    });
    expect(await drawn()).toEqual([others[0]]);
  });

  test('of an instance without any is not found', async () => {
    await expect(catalogue.readManifest({ of: anIdentity('acme'), set: 'random' })).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
