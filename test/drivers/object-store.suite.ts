import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ObjectStore, UploadCheckpoint } from '../../src/drivers/object-store/object-store.ts';

const mib = 1024 * 1024;

export interface ObjectStoreUnderTest {
  /** Stores on one bucket, below the given prefix. */
  store(prefix: string): ObjectStore;
  cleanUp(): Promise<void>;
}

export interface TestFile {
  path: string;
  bytes: Buffer;
  sha256: string;
}

/** What every object store must do; `begin` runs once. */
export function objectStoreSuite(name: string, begin: () => Promise<ObjectStoreUnderTest>): void {
  describe(`object store: ${name}`, () => {
    let under: ObjectStoreUnderTest;
    let folder: string;
    let store: ObjectStore;
    let count = 0;

    beforeAll(async () => {
      under = await begin();
      folder = await mkdtemp(join(tmpdir(), 'drydock-upload-'));
    });
    afterAll(async () => {
      await under?.cleanUp();
      await rm(folder, { recursive: true, force: true });
    });
    beforeEach(() => {
      count += 1;
      store = under.store(`case-${count}`);
    });

    test('the bucket can be made sure of twice', async () => {
      await store.ensureBucket();
      await store.ensureBucket();
      expect(await keysOf(store, '')).toEqual([]);
    });

    test('what was put is read back, and a later put replaces it', async () => {
      await store.put('a/b.json', '{"ü":1}', { ifAbsent: false });
      expect(await store.getText('a/b.json')).toBe('{"ü":1}');
      await store.put('a/b.json', 'second', { ifAbsent: false });
      expect(await store.getText('a/b.json')).toBe('second');
      expect(await store.head('a/b.json')).toEqual({ sizeBytes: 6 });
    });

    test('what is absent is undefined to look at and not-found to read', async () => {
      expect(await store.getText('none')).toBeUndefined();
      expect(await store.head('none')).toBeUndefined();
      await expect(store.read('none')).rejects.toMatchObject({ code: 'not-found' });
    });

    test('of twenty writers that want to be first exactly one is', async () => {
      const writers = Array.from({ length: 20 }, (_, index) =>
        store.put('lease', `writer ${index}`, { ifAbsent: true }),
      );
      const results = await Promise.allSettled(writers);
      const winners = [...results.entries()].filter(([, result]) => result.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      expect(await store.getText('lease')).toBe(`writer ${winners[0]?.[0]}`);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'already-exists' });
      }
    });

    test('a list goes on beyond a thousand keys or folders, in order', async () => {
      const folders = Array.from({ length: 1105 }, (_, index) => String(index).padStart(5, '0'));
      const keys = folders.map((name) => `many/${name}/it`);
      for (let start = 0; start < keys.length; start += 50) {
        await Promise.all(keys.slice(start, start + 50).map((key) => store.put(key, '.', { ifAbsent: false })));
      }
      expect(await keysOf(store, 'many')).toEqual(keys);
      expect(await keysOf(store, 'many', 'many/00003/its')).toEqual(keys.slice(4));
      expect(await keysOf(store, 'many', 'many/01104/it')).toEqual([]);
      expect(await Array.fromAsync(store.folders('many'))).toEqual(folders);
      await store.remove(keys);
      expect(await keysOf(store, '')).toEqual([]);
    });

    test('a folder is named once, whatever lies how deep below it, and an object beside folders is none', async () => {
      const keys = ['of/one/a', 'of/one/b/c', 'of/two/d/e', 'of/three.json', 'offer/four/f'];
      await Promise.all(keys.map((key) => store.put(key, '.', { ifAbsent: false })));
      expect(await Array.fromAsync(store.folders('of'))).toEqual(['one', 'two']);
      expect(await Array.fromAsync(store.folders(''))).toEqual(['of', 'offer']);
      expect(await Array.fromAsync(store.folders('of/one/a'))).toEqual([]);
      await store.remove(keys);
    });

    test('a prefix never reaches into another one that begins alike', async () => {
      const one = under.store('team');
      const other = under.store('team-2');
      await one.put('sets/1/manifest', 'one', { ifAbsent: false });
      await one.put('sets/10/manifest', 'ten', { ifAbsent: false });
      await other.put('sets/1/manifest', 'other', { ifAbsent: false });
      expect(await keysOf(one, '')).toEqual(['sets/1/manifest', 'sets/10/manifest']);
      expect(await keysOf(one, 'sets/1')).toEqual(['sets/1/manifest']);
      expect(await keysOf(one, 'sets/1/')).toEqual(['sets/1/manifest']);
      await one.remove(await keysOf(one, ''));
      expect(await other.getText('sets/1/manifest')).toBe('other');
    });

    test.each(['../escape', 'a//b', '/a', '', 'a/.'])('the key "%s" is refused', async (key) => {
      await expect(store.put(key, 'x', { ifAbsent: false })).rejects.toMatchObject({ code: 'invalid-input' });
    });

    test('removing what is absent is success', async () => {
      await store.put('there', 'x', { ifAbsent: false });
      await store.remove(['there', 'never-there']);
      await store.remove(['there']);
      await store.remove([]);
      expect(await store.head('there')).toBeUndefined();
    });

    test.each([
      ['empty', 0],
      ['one byte', 1],
      ['exactly one part', 16 * mib],
      ['one byte more than a part', 16 * mib + 1],
      ['several parts', 70 * mib + 12_345],
    ])('a file is published whole: %s', async (_title, sizeBytes) => {
      const file = await makeFile(folder, sizeBytes);
      const progress: number[] = [];
      const onProgress = (done: number) => progress.push(done);
      await store.uploadFile('f/data', file.path, { sha256: file.sha256, onProgress });
      expect(progress.at(-1)).toBe(sizeBytes);
      expect(progress).toEqual([...progress].sort((left, right) => left - right));
      const { body, sizeBytes: read } = await store.read('f/data');
      expect(read).toBe(sizeBytes);
      expect(await sha256Of(body)).toBe(file.sha256);
      expect(await uploadsOf(store)).toEqual([]);
      await store.uploadFile('f/data', file.path, { sha256: file.sha256 });
      expect(await keysOf(store, '')).toEqual(['f/data']);
    });

    test('an upload that is stopped leaves nothing visible, can be resumed, and can be aborted', async () => {
      const file = await makeFile(folder, 70 * mib);
      const { checkpoint, reason, failure } = await stopEarly(store, file);
      expect(failure).toBe(reason);
      expect(await store.head('f/data')).toBeUndefined();
      expect(await keysOf(store, '')).toEqual([]);
      expect(await uploadsOf(store)).toEqual([checkpoint.uploadId]);
      await store.uploadFile('f/data', file.path, { sha256: file.sha256, resume: checkpoint });
      expect(await sha256Of((await store.read('f/data')).body)).toBe(file.sha256);

      const second = await stopEarly(under.store(`case-${count}b`), file);
      await under.store(`case-${count}b`).abortUpload('f/data', second.checkpoint.uploadId);
      await under.store(`case-${count}b`).abortUpload('f/data', second.checkpoint.uploadId);
      expect(await uploadsOf(under.store(`case-${count}b`))).toEqual([]);
    });

    test('a resume point that the store no longer knows starts over', async () => {
      const file = await makeFile(folder, 40 * mib);
      const { checkpoint } = await stopEarly(store, file);
      await store.abortUpload('f/data', checkpoint.uploadId);
      const begun: UploadCheckpoint[] = [];
      await store.uploadFile('f/data', file.path, {
        sha256: file.sha256,
        resume: checkpoint,
        onCheckpoint: (next) => begun.push(next),
      });
      expect(begun.map((next) => next.uploadId)).not.toContain(checkpoint.uploadId);
      expect(begun).toHaveLength(1);
      expect(await sha256Of((await store.read('f/data')).body)).toBe(file.sha256);
    });

    test('a resume point of other bytes is not mixed with these', async () => {
      const first = await makeFile(folder, 40 * mib);
      const second = await makeFile(folder, 40 * mib);
      const { checkpoint } = await stopEarly(store, first);
      await store.uploadFile('f/data', second.path, { sha256: second.sha256, resume: checkpoint });
      expect(await uploadsOf(store)).toEqual([]);
      expect(await sha256Of((await store.read('f/data')).body)).toBe(second.sha256);
    });

    test('an uploaded file carries the digest it was uploaded with, and what was only put has none', async () => {
      const file = await makeFile(folder, 10);
      await store.uploadFile('f/data', file.path, { sha256: file.sha256 });
      await store.put('f/note', 'x', { ifAbsent: false });
      expect(await store.head('f/data')).toEqual({ sizeBytes: 10, sha256: file.sha256 });
      expect(await store.head('f/note')).toEqual({ sizeBytes: 1 });
    });

    test('a plain bucket keeps no versions and locks nothing', async () => {
      expect(await store.protection()).toEqual({ versioning: 'off', objectLock: 'off' });
    });

    test('a file that is not there is not found', async () => {
      const upload = store.uploadFile('f/data', join(folder, 'none'), { sha256: '0'.repeat(64) });
      await expect(upload).rejects.toMatchObject({ code: 'not-found' });
    });

    test('a read can be stopped', async () => {
      const file = await makeFile(folder, 20 * mib);
      await store.uploadFile('f/data', file.path, { sha256: file.sha256 });
      const stop = new AbortController();
      const { body } = await store.read('f/data', stop.signal);
      const reason = new Error('enough');
      const reading = (async () => {
        for await (const _ of body) stop.abort(reason);
      })();
      await expect(reading).rejects.toBe(reason);
    });
  });
}

export async function makeFile(folder: string, sizeBytes: number): Promise<TestFile> {
  const bytes = randomBytes(sizeBytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const path = join(folder, sha256);
  await writeFile(path, bytes);
  return { path, bytes, sha256 };
}

/** Stops an upload as soon as the first part has arrived. */
export async function stopEarly(
  store: ObjectStore,
  file: TestFile,
): Promise<{ checkpoint: UploadCheckpoint; reason: Error; failure: unknown }> {
  const stop = new AbortController();
  const reason = new Error('stopped by the test');
  let checkpoint: UploadCheckpoint | undefined;
  let failure: unknown;
  await store
    .uploadFile('f/data', file.path, {
      sha256: file.sha256,
      signal: stop.signal,
      onCheckpoint: (next) => {
        checkpoint = next;
      },
      onProgress: () => stop.abort(reason),
    })
    .catch((error) => {
      failure = error;
    });
  if (checkpoint === undefined) throw new Error('the upload gave no checkpoint');
  return { checkpoint, reason, failure };
}

export async function keysOf(store: ObjectStore, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, after)) keys.push(key);
  return keys;
}

export async function uploadsOf(store: ObjectStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const { uploadId } of store.uploads('')) ids.push(uploadId);
  return ids;
}

export async function sha256Of(body: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body) hash.update(chunk);
  return hash.digest('hex');
}
