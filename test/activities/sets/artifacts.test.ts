import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { createHostActivities } from '../../../src/activities/index.ts';
import { Artifact } from '../../../src/contracts/manifest.ts';
import { aBackupPlan, aRestorePlan } from '../../support/builders.ts';
import { createFakeObjectStore } from '../../support/fakes/object-store.ts';
import { createWorld, type MemoryWorld } from '../../support/world-in-memory.ts';
import type { PlainSeal } from '../../support/world-seal.ts';
import { makeInstance, runStep, type StepOptions } from '../../support/world-steps.ts';

const instance = 'pharma';
const plan = aBackupPlan();
const files = [
  { name: 'one.dump', compressed: true },
  { name: 'two.json', compressed: false },
];

let world: MemoryWorld;
let seal: PlainSeal;
let staging: (...parts: string[]) => string;
beforeEach(async () => {
  world = createWorld();
  seal = world.drivers.seal as PlainSeal;
  await makeInstance(world);
  staging = (...parts) => world.drivers.directories.path(instance, '.drydock/staging', plan.staging, ...parts);
  await stage('graph', { 'one.dump': 'first bytes', 'two.json': '{"second":2}' });
});

async function stage(store: string, content: Record<string, string>): Promise<void> {
  const { directories } = world.drivers;
  const directory = await directories.makeDirectory(instance, `.drydock/staging/${plan.staging}/${store}`);
  for (const [name, text] of Object.entries(content)) await writeFile(`${directory}/${name}`, text);
}

const sealed = () => runStep(world, 'sealArtifacts', { plan, store: 'graph', files });
const uploaded = async (options: StepOptions = {}) => {
  const artifacts = await sealed();
  await runStep(world, 'uploadArtifacts', { plan, store: 'graph', artifacts }, options);
  return artifacts;
};

describe('sealing', () => {
  test('names what was done to each file, and leaves the source to be checked', async () => {
    const artifacts = await sealed();
    expect(
      artifacts.map(({ key, compression, encryption }) => [key.split('/').pop(), compression, encryption]),
    ).toEqual([
      ['one.dump', 'none', 'none'],
      ['two.json.zst', 'zstd', 'none'],
    ]);
    expect(artifacts[0]?.source.sizeBytes).toBe('first bytes'.length);
    expect(await readFile(staging('graph', 'one.dump'), 'utf8')).toBe('first bytes');
  });

  test('goes on from the note of an earlier try, also when the source is gone', async () => {
    const first = await sealed();
    expect(seal.sealed).toHaveLength(2);
    await rm(staging('graph', 'one.dump'));
    expect(await sealed()).toEqual(first);
    expect(seal.sealed).toHaveLength(2);
  });

  test('does again what an earlier try left without its note', async () => {
    const first = await sealed();
    await rm(staging('sealed/graph/two.json.zst.json'));
    expect(await sealed()).toEqual(first);
    expect(seal.sealed).toHaveLength(3);
  });

  test('stops when it is cancelled, and leaves no note of what is not whole', async () => {
    const step = runStep(world, 'sealArtifacts', { plan, store: 'graph', files }, { cancelled: true });
    await expect(step).rejects.toThrow();
    await expect(stat(staging('sealed/graph/one.dump.json'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readFile(staging('graph', 'one.dump'), 'utf8')).toBe('first bytes');
  });

  test('encrypts to the recipients of the plan', async () => {
    const encrypted = aBackupPlan({ recipients: ['age1'], leftOut: [] });
    const [artifact] = await runStep(world, 'sealArtifacts', { plan: encrypted, store: 'graph', files });
    expect(artifact).toMatchObject({ encryption: 'age', key: expect.stringMatching(/one\.dump\.age$/) });
  });
});

describe('uploading', () => {
  test('goes on with the parts that an interrupted try has sent', async () => {
    const bucket = world.bucket;
    world.drivers.objects = createFakeObjectStore(bucket, { partSizeBytes: 4 });
    world = { ...world, host: createHostActivities(world.drivers) };
    const artifacts = await sealed();
    const saved: unknown[] = [];
    const onHeartbeat: NonNullable<StepOptions['onHeartbeat']> = ({ checkpoint }) => {
      if (checkpoint === undefined) return;
      saved.push(structuredClone(checkpoint));
      bucket.outage = new (class extends Error {})('the power fails') as never;
    };
    const upload = (options: StepOptions) =>
      runStep(world, 'uploadArtifacts', { plan, store: 'graph', artifacts }, options);
    await expect(upload({ onHeartbeat })).rejects.toThrow();
    expect(saved).not.toEqual([]);
    bucket.outage = undefined;
    await upload({ checkpoint: saved.at(-1) });
    expect(bucket.uploads.size).toBe(0);
    expect([...bucket.objects.keys()].filter((key) => key.includes('/graph/'))).toHaveLength(2);
  });

  test('starts over when what was saved is of another shape', async () => {
    const artifacts = await uploaded({ checkpoint: { nonsense: true } });
    await runStep(world, 'readBackArtifacts', { store: 'graph', artifacts });
  });

  test('does not send a whole object again', async () => {
    const artifacts = await uploaded();
    const before = world.bucket.objects.get(artifacts[0]?.key ?? '');
    await runStep(world, 'uploadArtifacts', { plan, store: 'graph', artifacts });
    expect(world.bucket.objects.get(artifacts[0]?.key ?? '')).toBe(before);
  });
});

test('reading back finds what is missing, short or changed, all at once', async () => {
  const artifacts = await uploaded();
  const [one, two] = artifacts as [Artifact, Artifact];
  const third = Artifact.parse({ ...one, key: `${one.key}.gone` });
  const changed = Buffer.from(world.bucket.objects.get(one.key)?.body ?? '');
  world.bucket.objects.set(one.key, { body: changed.fill(1, 0, 1), modifiedAt: new Date() });
  world.bucket.objects.set(two.key, { body: Buffer.from('short'), modifiedAt: new Date() });
  await expect(
    runStep(world, 'readBackArtifacts', { store: 'graph', artifacts: [one, two, third] }),
  ).rejects.toMatchObject({
    type: 'damaged',
    nonRetryable: true,
    details: [
      {
        problems: [
          expect.stringContaining(`${one.key}: SHA-256`),
          expect.stringContaining(`${two.key}: 5 bytes`),
          expect.stringContaining(`${third.key}: is missing`),
        ],
      },
    ],
  });
});

describe('fetching', () => {
  const fetch = async (artifacts: Artifact[]) =>
    runStep(world, 'fetchArtifacts', { plan: aRestorePlan({ artifacts }), store: 'graph' });
  const fetched = (name: string) =>
    world.drivers.directories.path(instance, '.drydock/staging', aRestorePlan().staging, 'graph', name);

  test('keeps the files that an earlier try has finished', async () => {
    const artifacts = await uploaded();
    await fetch(artifacts);
    expect(await readFile(fetched('one.dump'), 'utf8')).toBe('first bytes');
    await rm(fetched('two.json'));
    await fetch(artifacts);
    expect(seal.unsealed.map((path) => path.split('/').pop())).toEqual(['one.dump', 'two.json', 'two.json']);
  });

  test('takes a file of another size for unfinished', async () => {
    const artifacts = await uploaded();
    await fetch(artifacts);
    await truncate(fetched('one.dump'), 3);
    await fetch(artifacts);
    expect(await readFile(fetched('one.dump'), 'utf8')).toBe('first bytes');
  });

  test('leaves no file of bytes that are not what was sealed', async () => {
    const artifacts = await uploaded();
    const key = artifacts[0]?.key ?? '';
    const body = Buffer.from(world.bucket.objects.get(key)?.body ?? '');
    world.bucket.objects.set(key, { body: body.fill(1, 9, 10), modifiedAt: new Date() });
    await expect(fetch(artifacts)).rejects.toMatchObject({ type: 'damaged' });
    await expect(stat(fetched('one.dump'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test('the environment is captured only for a set that is encrypted', async () => {
  const open = await runStep(world, 'captureEnvironment', { plan });
  const closed = await runStep(world, 'captureEnvironment', { plan: aBackupPlan({ recipients: ['age1'] }) });
  expect(open.map(({ name }) => name)).toEqual(['instance.json']);
  expect(closed.map(({ name }) => name)).toEqual(['instance.json', 'env']);
});

test('discarding staging leaves that of other procedures', async () => {
  await world.drivers.directories.write(instance, '.drydock/staging/restore-x/graph/file', 'theirs');
  await runStep(world, 'discardStaging', { plan }, { times: 2 });
  await expect(stat(staging())).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await world.drivers.directories.read(instance, '.drydock/staging/restore-x/graph/file')).toBe('theirs');
});
