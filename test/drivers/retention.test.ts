import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRetentionActivities } from '../../src/activities/catalogue/retention.ts';
import type { Identity } from '../../src/contracts/ids.ts';
import type { ObjectStore } from '../../src/drivers/object-store/object-store.ts';
import { createS3ObjectStore } from '../../src/drivers/object-store/s3.ts';
import { artifactKey, manifestKey, removalKey } from '../../src/model/instance/names.ts';
import { anIdentity, instanceId } from '../support/builders.ts';
import { type ObjectStoreServer, startObjectStore } from '../support/object-store-server.ts';
import { applyRetention, aSetOf, clientWith, dayMs, living, setOf, timeOf } from '../support/retention-cases.ts';

/** The clock of the steps is sixty days ahead, since a real store dates objects itself. */
const now = Date.now() + 60 * dayMs;
const id = (ageDays: number) => setOf(now, ageDays);
const [newest, middle, old, older, orphan] = [id(1), id(2), id(20), id(40), id(50)];
const basis = living({ keepVerified: 2 });
const dump = artifactKey(anIdentity(), old, 'graph', 'graph.dump');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-retention-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('on a store that keeps no versions', () => {
  const on = inBuckets('plain');

  test('in a bucket of two instances, two Drydocks and other tools only our due sets go', async () => {
    const [one, two] = [on.store('one'), on.store('one-two')];
    for (const set of [newest, middle, old, older]) {
      for (const objects of [one, two])
        for (const name of ['pharma', 'sap']) await makeSet(objects, anIdentity(name), set);
    }
    for (const objects of [one, two]) await uploadArtifacts(objects, anIdentity(), orphan);
    const ours = artifactKey(anIdentity(), orphan, 'vectors', 'items.snapshot');
    const others = [
      `one/instances/pharma.${instanceId}/sets/backup.tar`,
      `one/instances/pharma.${instanceId}/sets/${old}/copy-of-everything.tar`,
      `one/instances/sap.${instanceId}/sets/${orphan}/graph/neo4j.dump`,
      `one-two/${ours}`,
      'mysqldump/20261121.sql.gz',
    ].sort();
    for (const key of [`one/${ours}`, ...others]) await on.beginUpload(key);
    for (const key of [
      'readme.txt',
      `one/instances/pharma.${instanceId}/notes.txt`,
      `one/instances/pharma.${instanceId}/sets/readme.txt`,
      `one/instances/pharma.${instanceId}/sets/20260101/manifest.json`,
      `one/instances/pharma.${instanceId}/sets/${old}/graph/list.txt`,
      `one/instances/pharma.${instanceId}/sets/${orphan}/graph/list.txt`,
      `one/instances/pharma-two.${instanceId}/sets/${old}/graph/graph.dump`,
    ]) {
      await on.putForeign(key);
    }
    const before = await on.keys();
    const due = (key: string) =>
      key.startsWith(`one/instances/pharma.${instanceId}/`) &&
      [old, older, orphan].some((set) => key.includes(set)) &&
      !key.endsWith('list.txt');
    expect(before.filter(due)).toHaveLength(2 * 3 + 2);

    const { plan, removals } = await on.apply('one');
    const left = before.filter((key) => !due(key));
    expect(await on.keys()).toEqual(left);
    expect(await on.uploads()).toEqual(others);
    expect(removals.map(({ what, outcome }) => [what, outcome])).toEqual([
      [`set ${old}`, 'removed'],
      [`set ${older}`, 'removed'],
      [`artifacts of ${orphan}`, 'removed'],
      [`upload of ${ours}`, 'removed'],
    ]);
    expect(plan).toMatchObject({ notes: [], leftAloneCount: 6 });
    expect((await on.apply('one')).removals).toEqual([]);
    expect(await on.keys()).toEqual(left);
  });

  test('locked artifacts stay until they may go, and each run says which', async () => {
    await on.makeThree('locked');
    await on.lock(dump);
    const partly = { outcome: 'partly-removed', problems: [`${dump}: AccessDenied`] };
    const { plan, removals } = await on.apply('');
    expect(plan.notes).toEqual([expect.stringContaining('the bucket locks objects')]);
    expect(removals).toMatchObject([{ what: `set ${old}`, ...partly }]);
    expect(await on.keysOf(old)).toEqual([dump, removalKey(anIdentity(), old)]);
    expect((await on.apply('')).removals).toMatchObject([{ what: `artifacts of ${old}`, ...partly }]);
  });

  test('a locked manifest keeps its set whole', async () => {
    await on.makeThree('locked');
    await on.lock(manifestKey(anIdentity(), old));
    const before = await on.keys();
    const problems = [`${manifestKey(anIdentity(), old)}: AccessDenied`];
    expect((await on.apply('')).removals).toMatchObject([{ outcome: 'refused', removedBytes: 0, problems }]);
    expect(await on.keys()).toEqual(before);
  });
});

describe('on a store that keeps versions', () => {
  const on = inBuckets('versions');

  test('what goes is hidden, its versions stay, and the plan says so', async () => {
    await on.makeThree('versioned');
    const { plan, removals } = await on.apply('');
    expect(plan.notes).toEqual([expect.stringContaining('the bucket keeps versions')]);
    expect(removals).toMatchObject([{ what: `set ${old}`, outcome: 'removed' }]);
    expect(await on.keysOf(old)).toEqual([]);
    expect(await on.versions()).toContain(dump);
    expect((await on.apply('')).removals).toEqual([]);
  });

  test('what is locked is hidden too, and the plan says that it is locked', async () => {
    await on.makeThree('locked');
    await on.lock(dump);
    const { plan, removals } = await on.apply('');
    expect(plan.notes).toEqual([
      expect.stringContaining('the bucket keeps versions'),
      expect.stringContaining('the bucket locks objects'),
    ]);
    expect(removals).toMatchObject([{ what: `set ${old}`, outcome: 'removed' }]);
    expect(await on.keysOf(old)).toEqual([]);
    expect(await on.versions()).toContain(dump);
  });
});

/** A gateway for the tests of one block, and a fresh bucket for each of them. */
function inBuckets(can: 'plain' | 'versions') {
  let server: ObjectStoreServer;
  let s3: S3Client;
  let Bucket: string;
  let count = 0;
  beforeAll(async () => {
    server = await startObjectStore(can);
    const { endpoint, accessKeyId, secretAccessKey } = server;
    const credentials = { accessKeyId, secretAccessKey };
    s3 = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    Bucket = server.bucket;
  });
  afterAll(async () => {
    s3?.destroy();
    await server?.stop();
  });
  beforeEach(() => {
    Bucket = server.bucket;
  });
  const store = (prefix: string) =>
    createS3ObjectStore({ ...server, region: 'us-east-1', forcePathStyle: true, bucket: Bucket, prefix });
  const steps = (prefix: string) =>
    createRetentionActivities(
      clientWith(() => []),
      store(prefix),
      () => now,
    );
  const keys = async () => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    return Contents.map(({ Key = '' }) => Key).sort();
  };
  return {
    store,
    keys,
    keysOf: async (set: string) => (await keys()).filter((key) => key.includes(set)),
    apply: (prefix: string) => applyRetention(steps(prefix), { of: anIdentity(), basis }),
    putForeign: (Key: string) => s3.send(new PutObjectCommand({ Bucket, Key, Body: 'not ours' })),
    beginUpload: (Key: string) => s3.send(new CreateMultipartUploadCommand({ Bucket, Key })),
    async uploads() {
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
      return Uploads.map(({ Key = '' }) => Key).sort();
    },
    async versions() {
      const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
      return Versions.map(({ Key = '' }) => Key);
    },
    lock(Key: string) {
      const Retention = { Mode: 'GOVERNANCE', RetainUntilDate: new Date(Date.now() + 3_600_000) } as const;
      return s3.send(new PutObjectRetentionCommand({ Bucket, Key, Retention }));
    },
    /** A fresh bucket with three sets, of which one is due. */
    async makeThree(kind: 'locked' | 'versioned') {
      count += 1;
      Bucket = `three-sets-${count}`;
      await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: kind === 'locked' }));
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      if (kind === 'versioned') await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
      for (const set of [newest, middle, old]) await makeSet(store(''), anIdentity(), set);
    },
  };
}

/** As a backup does: artifacts with their digest, then the manifest. */
async function makeSet(objects: ObjectStore, of: Identity, set: string): Promise<void> {
  const manifest = await uploadArtifacts(objects, of, set);
  await objects.put(manifestKey(of, set), JSON.stringify(manifest), { ifAbsent: true });
}

async function uploadArtifacts(objects: ObjectStore, of: Identity, set: string): Promise<object> {
  const { manifest, bodies } = aSetOf(of, set, new Date(timeOf(set)));
  for (const [key, body] of bodies) {
    const path = join(folder, 'artifact');
    await writeFile(path, body);
    await objects.uploadFile(key, path, { sha256: createHash('sha256').update(body).digest('hex') });
  }
  return manifest;
}
