import { beforeEach, describe, expect, test } from 'vitest';
import { createBlueprintActivities } from '../../../src/activities/catalogue/blueprints.ts';
import { createCatalogueActivities } from '../../../src/activities/catalogue/catalogue.ts';
import { createEvidenceActivities } from '../../../src/activities/catalogue/evidence.ts';
import { createJournal } from '../../../src/activities/catalogue/journal.ts';
import { blueprintLimitBytes } from '../../../src/contracts/blueprint.ts';
import { SetChoice, SetId } from '../../../src/contracts/ids.ts';
import type { Manifest } from '../../../src/contracts/manifest.ts';
import { DrydockError } from '../../../src/errors.ts';
import { manifestKey } from '../../../src/model/instance/names.ts';
import { aCapture, aManifest, anIdentity, aPush, instanceId, setId } from '../../support/builders.ts';
import { createFakeObjectStore, InMemoryBucket } from '../../support/fakes/object-store.ts';
import { anEntry } from '../../support/month-cases.ts';

let bucket: InMemoryBucket;
let catalogue: ReturnType<typeof createCatalogueActivities>;
let blueprints: ReturnType<typeof createBlueprintActivities>;
beforeEach(() => {
  bucket = new InMemoryBucket();
  const objects = createFakeObjectStore(bucket);
  catalogue = createCatalogueActivities(objects);
  blueprints = createBlueprintActivities(objects);
});

const later = SetId.parse('20261122T030000Z-00000000');
const put = (key: string, text: string) => bucket.objects.set(key, { body: Buffer.from(text), modifiedAt: new Date() });

describe('committing a manifest', () => {
  test('twice is success', async () => {
    await catalogue.commitManifest({ manifest: aManifest() });
    await catalogue.commitManifest({ manifest: aManifest() });
    expect(await catalogue.readManifest({ set: setId })).toEqual(aManifest());
  });

  test('of other content under the same id is refused, and the first one stays', async () => {
    await catalogue.commitManifest({ manifest: aManifest() });
    await expect(catalogue.commitManifest({ manifest: aManifest({ reason: 'safety' }) })).rejects.toMatchObject({
      code: 'already-exists',
    });
    expect(await catalogue.readManifest({ set: setId })).toMatchObject({ reason: 'requested' });
  });

  test('while the store is away is another try, not success', async () => {
    bucket.outage = new DrydockError('unavailable', 'the store is away');
    await expect(catalogue.commitManifest({ manifest: aManifest() })).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('reading a manifest', () => {
  test('finds the latest by the time in its id', async () => {
    await catalogue.commitManifest({ manifest: aManifest({ set: later }) });
    await catalogue.commitManifest({ manifest: aManifest() });
    expect(await catalogue.readManifest({ of: anIdentity(), set: 'latest' })).toMatchObject({ set: later });
  });

  test('finds the owner of a set by its id alone', async () => {
    await catalogue.commitManifest({ manifest: aManifest({ instance: 'acme' }) });
    expect(await catalogue.readManifest({ set: setId })).toMatchObject({ instance: 'acme' });
  });

  test.each<[string, Parameters<typeof catalogue.readManifest>[0], string, string]>([
    [
      'an instance without sets',
      { of: anIdentity('acme'), set: 'latest' },
      'not-found',
      'take a whole set with `drydock backup acme`',
    ],
    ['a set of nobody', { set: later }, 'not-found', 'a set without its manifest does not exist'],
    ['a set of another instance', { of: anIdentity('acme'), set: setId }, 'refused', `name pharma.${instanceId}`],
  ])('of %s says what there is', async (_, request, code, next) => {
    await catalogue.commitManifest({ manifest: aManifest() });
    await expect(catalogue.readManifest(request)).rejects.toMatchObject({ code, next: expect.stringContaining(next) });
  });

  test.each([
    ['is not JSON', '{"format":', 'the object is not JSON'],
    [
      'is of no known format',
      JSON.stringify({ ...aManifest(), format: 'drydock-set/9' }),
      'the object is not a manifest',
    ],
    ['speaks of another set', JSON.stringify(aManifest({ set: later })), `it names set ${later} of pharma`],
    ['speaks of another instance', JSON.stringify(aManifest({ instance: 'acme' })), 'of acme'],
  ])('that %s is damaged', async (_, text, problem) => {
    put(manifestKey(anIdentity(), setId), text);
    await expect(catalogue.readManifest({ of: anIdentity(), set: setId })).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining(problem),
    });
  });
});

describe('beside captures', () => {
  const captured = SetId.parse('20261123T100000Z-00000001');
  const capture = aCapture(captured, ['queue']);
  const commit = (manifest: Manifest) => catalogue.commitManifest({ manifest });

  test.each(SetChoice.options)('%s is a whole set', async (set) => {
    await commit(aManifest());
    await commit(capture);
    expect(await catalogue.readManifest({ of: anIdentity(), set })).toMatchObject({ set: setId });
    expect(await catalogue.readManifest({ of: anIdentity(), set: captured })).toEqual(capture);
  });

  test.each(SetChoice.options)('there is no %s set without a whole one', async (set) => {
    await commit(capture);
    await expect(catalogue.readManifest({ of: anIdentity(), set })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('there are 1 captures of single stores and no whole set'),
    });
  });

  test('a recent set is a whole one', async () => {
    const hour = 3_600_000;
    const at = (ms: number) => new Date(Date.now() - ms).toISOString();
    await commit(aManifest({ createdAt: at(2 * hour) }));
    await commit(aCapture(captured, ['queue'], { createdAt: at(0) }));
    expect(await catalogue.recentSet({ of: anIdentity(), maxAgeHours: 1 })).toEqual({});
    expect(await catalogue.recentSet({ of: anIdentity(), maxAgeHours: 3 })).toEqual({ set: setId });
  });

  test('the list shows what each holds', async () => {
    await commit(aManifest());
    await commit(capture);
    const listed = await catalogue.listSets({ of: anIdentity() });
    expect(listed.map(({ set, stores, withoutStores }) => [set, stores, withoutStores])).toEqual([
      [captured, ['queue'], ['graph', 'vectors', 'files']],
      [setId, ['graph', 'vectors', 'queue', 'files'], undefined],
    ]);
  });

  test('the newest that holds a store is found, and nothing for one that has no newer', async () => {
    const manifest = aManifest();
    await commit(manifest);
    await commit(capture);
    const stores = ['queue', 'graph'];
    expect(await catalogue.readNewerStores({ manifest, stores })).toEqual([{ store: 'queue', manifest: capture }]);
    await expect(catalogue.readNewerStores({ manifest, stores: ['cache'] })).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('listing sets', () => {
  test('shows them newest first, with the time they were verified', async () => {
    await catalogue.commitManifest({ manifest: aManifest() });
    await catalogue.commitManifest({ manifest: aManifest({ set: later }) });
    const { recordEvidence } = createEvidenceActivities(createFakeObjectStore(bucket));
    const observation = { kind: 'bytes-verified', finding: { outcome: 'passed' }, sizeBytes: 2000 } as const;
    await recordEvidence({ manifest: aManifest(), observation, by: { workflowId: 'verify', runId: 'r' } });
    const listed = await catalogue.listSets({ of: anIdentity() });
    expect(listed.map(({ set, level }) => [set, level])).toEqual([
      [later, 'captured'],
      [setId, 'every byte'],
    ]);
    expect(listed[1]).toMatchObject({ sizeBytes: 2000, encrypted: false, verifiedAt: expect.any(String) });
    expect(listed[0]?.verifiedAt).toBeUndefined();
  });

  test('does not take uploads without a manifest for a set', async () => {
    put(`instances/pharma.${instanceId}/sets/${setId}/graph/graph.dump`, 'bytes');
    expect(await catalogue.listSets({ of: anIdentity() })).toEqual([]);
  });

  test('of another instance whose name begins the same shows none', async () => {
    await catalogue.commitManifest({ manifest: aManifest({ instance: 'pharma-two' }) });
    expect(await catalogue.listSets({ of: anIdentity() })).toEqual([]);
  });
});

describe('discarding uploads', () => {
  test('removes objects and unfinished uploads of that set alone', async () => {
    put(`instances/pharma.${instanceId}/sets/${setId}/graph/graph.dump`, 'bytes');
    put(`instances/pharma.${instanceId}/sets/${later}/graph/graph.dump`, 'bytes');
    bucket.openUpload(`instances/pharma.${instanceId}/sets/${setId}/files/files.tar`);
    bucket.openUpload(`instances/pharma.${instanceId}/sets/${later}/files/files.tar`);
    await catalogue.discardUploads({ of: anIdentity(), set: setId });
    expect(await catalogue.discardUploads({ of: anIdentity(), set: setId })).toEqual([]);
    expect([...bucket.objects.keys()]).toEqual([`instances/pharma.${instanceId}/sets/${later}/graph/graph.dump`]);
    expect(bucket.uploads.size).toBe(1);
  });

  test('of a set that was committed is refused, and nothing of it is touched', async () => {
    await catalogue.commitManifest({ manifest: aManifest() });
    put(`instances/pharma.${instanceId}/sets/${setId}/graph/graph.dump`, 'bytes');
    await expect(catalogue.discardUploads({ of: anIdentity(), set: setId })).rejects.toMatchObject({
      code: 'refused',
    });
    expect(bucket.objects.size).toBe(2);
  });
});

describe('publishing a blueprint', () => {
  test('again with the same files, in any order, is success', async () => {
    const first = await blueprints.publishBlueprint({ push: aPush() });
    const reversed = { files: Object.fromEntries(Object.entries(aPush().files).reverse()) };
    expect(first.outcome).toBe('pushed');
    expect(await blueprints.publishBlueprint({ push: reversed })).toEqual({ ...first, outcome: 'already-there' });
  });

  test('with other content under the same version is refused, and the first one stays', async () => {
    const { digest } = await blueprints.publishBlueprint({ push: aPush() });
    await expect(blueprints.publishBlueprint({ push: aPush({ note: 'second' }) })).rejects.toMatchObject({
      code: 'already-exists',
      next: expect.stringContaining('raise the version'),
    });
    expect(JSON.parse(bucket.objects.get('blueprints/stack/1.0.0.json')?.body.toString() ?? '')).toMatchObject({
      digest,
    });
  });

  test('with a new version is another blueprint', async () => {
    await blueprints.publishBlueprint({ push: aPush({ version: '1.1.0', note: 'second' }) });
    await blueprints.publishBlueprint({ push: aPush() });
    expect(await blueprints.listBlueprints()).toEqual(['stack@1.0.0', 'stack@1.1.0']);
  });

  test('with problems is refused with all of them', async () => {
    const refused = blueprints.publishBlueprint({ push: { files: {} } });
    await expect(refused).rejects.toMatchObject({ code: 'invalid-input', problems: { length: 3 } });
  });

  test('with more than configuration is refused', async () => {
    const big = aPush({}, { 'data/docs/big': 'x'.repeat(blueprintLimitBytes) });
    await expect(blueprints.publishBlueprint({ push: big })).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('at most 512.0 KiB'),
    });
    expect(bucket.objects.size).toBe(0);
  });
});

test('a journal entry replaces itself, and another procedure’s is another', async () => {
  const { writeJournal } = createJournal(createFakeObjectStore(bucket));
  const entry = anEntry('backup', 21, { startedAt: '2026-11-21T03:00:00.123Z', outcome: 'undone' });
  const first = await writeJournal(entry);
  expect(first).toEqual({ key: `instances/pharma.${instanceId}/journal/20261121T030000123Z-backup-undone.json` });
  expect(await writeJournal(entry)).toEqual(first);
  expect([...bucket.objects.keys()]).toEqual([first.key]);
  await writeJournal({ ...entry, procedure: 'verify' });
  expect(bucket.objects.size).toBe(2);
  const capture = await writeJournal({ ...entry, request: { stores: ['queue'] } });
  expect(capture.key).toMatch(/-capture-undone\.json$/); // so a capture ends no alert about backups
});
