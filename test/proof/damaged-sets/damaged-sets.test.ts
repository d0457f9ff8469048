import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { DrydockError } from '../../../src/client/index.ts';
import { manifestKey } from '../../../src/model/instance/names.ts';
import { type Contents, type InstanceClient, sharedInstance } from '../../support/instance-client.ts';
import { openPlane, type Plane } from '../../support/plane.ts';
import { failureOf, flipMiddle } from '../../support/plane-runs.ts';
import { containerIds, keysOf, stagingOf, volumesOf } from '../../support/world.ts';

/** Two sets of one instance, damaged in the object store's own directory, behind Drydock's back. */
describe('a damaged set is refused before anything of the instance is touched', () => {
  let plane: Plane;
  let instance: InstanceClient;
  let set: string;
  let other: string;
  let before: { ids: Record<string, string>; volumes: string[]; generations: string[]; contents: Contents };
  /** Puts back what a test has damaged. */
  let mend: (() => unknown)[] = [];

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    instance = await sharedInstance(plane);
    const backup = async () => (await (await plane.operations.backup({ instance: instance.name })).result()).set;
    other = await backup();
    set = await backup();
    before = await untouched();
  });
  afterEach(async () => {
    for (const one of mend) await one();
    mend = [];
    expect(await untouched('without contents')).toEqual({ ...before, contents: {} });
    expect(await stagingOf(plane.embedded.home.instances, instance.name)).toEqual([]);
  });
  afterAll(async () => {
    expect(await untouched()).toEqual(before);
    expect(await instance.writeStatus()).toBe(200);
    await plane.close();
  });

  const untouched = async (how?: 'without contents') => ({
    ids: await containerIds(instance.name),
    volumes: await volumesOf(instance.name),
    generations: await readdir(join(instance.directory, '.drydock', 'generations')).catch(() => []),
    contents: how === undefined ? await instance.contents() : {},
  });
  const fileOf = (key: string) => join(plane.objects, key);
  const change = (key: string, to: (content: Buffer) => Buffer | undefined): void => {
    const path = fileOf(key);
    const original = readFileSync(path);
    mend.push(() => writeFileSync(path, original));
    const changed = to(original);
    if (changed === undefined) rmSync(path);
    else writeFileSync(path, changed);
  };
  /** As somebody who may write to the bucket: the store itself then finds nothing wrong. */
  const editManifest = async (edit: (manifest: Manifest) => void): Promise<void> => {
    const { client, name: Bucket } = plane.bucket;
    const write = (Body: string) =>
      client.send(new PutObjectCommand({ Bucket, Key: `drydock/${manifestKey(instance.identity, set)}`, Body }));
    const original = readFileSync(fileOf(manifestKey(instance.identity, set)), 'utf8');
    mend.push(() => write(original));
    const manifest = JSON.parse(original) as Manifest;
    edit(manifest);
    await write(JSON.stringify(manifest));
  };
  const artifacts = async (of: string, store: string): Promise<string[]> => {
    const keys = await keysOf(plane, instance.name, `sets/${of}/${store}/`);
    expect(keys).not.toEqual([]);
    return keys;
  };
  const restore = async (): Promise<DrydockError> =>
    failureOf(
      await plane.operations.restore({ instance: instance.name, set, confirm: instance.name, skipSafetySet: 'test' }),
    );

  const stores = ['graph', 'vectors', 'queue', 'files', 'instance'];
  const allArtifacts = async () => (await Promise.all(stores.map((store) => artifacts(set, store)))).flat();

  test('artifacts that are truncated: each is named', async () => {
    const keys = await allArtifacts();
    for (const key of keys) change(key, (content) => content.subarray(0, content.length - 1));
    const error = await restore();
    expect(error.code).toBe('refused');
    for (const key of keys) expect(error.problems).toContainEqual(expect.stringMatching(`${key} has \\d+ bytes`));
  });

  test('artifacts that are missing: each is named', async () => {
    const keys = await allArtifacts();
    for (const key of keys) change(key, () => undefined);
    const error = await restore();
    expect(error.code).toBe('refused');
    expect([...error.problems].sort()).toEqual(keys.map((key) => `artifact ${key} is missing`).sort());
  });

  test.each(stores)('one flipped byte in %s', async (store) => {
    const [key = ''] = await artifacts(set, store);
    change(key, flipMiddle);
    expect((await restore()).code).toBe('damaged');
  });

  test('verifying the set finds one flipped byte in every artifact', async () => {
    const keys = await allArtifacts();
    for (const key of keys) change(key, flipMiddle);
    const error = await failureOf(await plane.operations.verify({ instance: instance.name, set }));
    expect(error.code).toBe('damaged');
    for (const key of keys) expect(error.problems).toContainEqual(expect.stringMatching(`^${key}: SHA-256`));
  });

  test.each(stores)('artifacts of %s that are another set’s', async (store) => {
    for (const key of await artifacts(set, store)) {
      const theirs = readFileSync(fileOf(key.replace(set, other)));
      change(key, () => theirs);
    }
    // Of another size the plan refuses it; of the same size its digest does not fit.
    expect(['refused', 'damaged']).toContain((await restore()).code);
  });

  test('a manifest with another digest', async () => {
    await editManifest((manifest) => {
      for (const artifact of manifest.artifacts) artifact.stored.sha256 = randomBytes(32).toString('hex');
    });
    expect((await restore()).code).toBe('damaged');
  });

  test('a manifest with another digest of what was sealed', async () => {
    await editManifest((manifest) => {
      for (const artifact of manifest.artifacts) artifact.source.sha256 = randomBytes(32).toString('hex');
    });
    expect((await restore()).code).toBe('damaged');
  });

  test('a manifest that names another instance', async () => {
    await editManifest((manifest) => {
      manifest.instance = plane.instance('nobody');
    });
    expect((await restore()).code).toBe('damaged');
  });

  test('a manifest of a newer engine', async () => {
    await editManifest((manifest) => {
      for (const record of manifest.stores.filter(({ store }) => store === 'graph')) record.version = '99.1.0';
    });
    expect(await restore()).toMatchObject({
      code: 'refused',
      problems: [expect.stringContaining('captured by version 99.1.0')],
    });
  });

  test('a manifest that is cut in half', async () => {
    change(manifestKey(instance.identity, set), (content) => content.subarray(0, content.length / 2));
    expect((await restore()).code).toBe('damaged');
  });

  test('a manifest of which one digit was changed on the disk', async () => {
    const flipDigit = (_: string, digit: string) => `"nodes": ${Number(digit) ^ 1}`;
    change(manifestKey(instance.identity, set), (content) =>
      Buffer.from(content.toString().replace(/"nodes": (\d)/, flipDigit)),
    );
    expect((await restore()).code).toBe('damaged');
  });

  test('a manifest that counts other nodes: found when the new generation is counted, which is removed again', async () => {
    await editManifest((manifest) => {
      for (const { contents } of manifest.stores) if (contents.nodes !== undefined) contents.nodes += 1;
    });
    const error = await restore();
    expect(error.code).toBe('mismatch');
    expect(error.problems).toEqual([expect.stringMatching(/^nodes: \d+ expected, \d+ found$/)]);
  });

  test('an age identity that is not the set’s', async () => {
    const { identity } = plane.embedded.home;
    const original = readFileSync(identity);
    mend.push(() => writeFileSync(identity, original));
    const { stdout } = await execa('age-keygen');
    writeFileSync(identity, stdout);
    expect((await restore()).code).toBe('cannot-decrypt');
  });
});

interface Manifest {
  instance: string;
  artifacts: { stored: { sha256: string }; source: { sha256: string } }[];
  stores: { store: string; version: string; contents: { nodes?: number } }[];
}
