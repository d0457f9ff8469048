import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ObjectStore, UploadCheckpoint } from '../../src/drivers/object-store/object-store.ts';
import { createS3ObjectStore } from '../../src/drivers/object-store/s3.ts';
import { describeError } from '../../src/errors.ts';
import { createFakeObjectStore, InMemoryBucket } from '../support/fakes/object-store.ts';
import { type ObjectStoreServer, startObjectStore } from '../support/object-store-server.ts';
import { keysOf, makeFile, objectStoreSuite, sha256Of, stopEarly, uploadsOf } from './object-store.suite.ts';

const mib = 1024 * 1024;

objectStoreSuite('in memory', async () => {
  const bucket = new InMemoryBucket();
  return { store: (prefix) => createFakeObjectStore(bucket, { prefix }), cleanUp: async () => {} };
});

objectStoreSuite('versitygw', async () => {
  const server = await startObjectStore();
  return { store: (prefix) => storeOn(server, { prefix }), cleanUp: server.stop };
});

describe('object store: when things break', () => {
  let server: ObjectStoreServer;
  let wire: Wire;
  let folder: string;

  beforeAll(async () => {
    server = await startObjectStore();
    wire = await startWire(server.endpoint);
    folder = await mkdtemp(join(tmpdir(), 'drydock-upload-'));
  });
  afterAll(async () => {
    wire.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('an uploader killed in the middle goes on without sending again what arrived', async () => {
    const file = await makeFile(folder, 200 * mib);
    const options = optionsOf(server, { prefix: 'killed' });
    const { child, checkpoint } = await uploadInChild({ ...options, path: file.path, sha256: file.sha256 });
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;

    const store = storeOn(server, { prefix: 'killed', endpoint: wire.endpoint });
    expect(await keysOf(store, '')).toEqual([]);
    expect(await uploadsOf(store)).toEqual([checkpoint.uploadId]);
    wire.sentBytes = 0;
    await store.uploadFile('f/data', file.path, { sha256: file.sha256, resume: checkpoint });
    // The child said that at least three parts had arrived; requests and headers fit one MiB.
    expect(wire.sentBytes).toBeLessThan(200 * mib - 3 * checkpoint.partSizeBytes + mib);
    expect(wire.sentBytes).toBeGreaterThan(16 * mib);
    expect(await sha256Of((await store.read('f/data')).body)).toBe(file.sha256);
    expect(await uploadsOf(store)).toEqual([]);
  });

  test('a server killed and started again in the middle does not cost the parts it has', async () => {
    const file = await makeFile(folder, 120 * mib);
    const store = storeOn(server, { prefix: 'restarted' });
    let checkpoint: UploadCheckpoint | undefined;
    let killed: Promise<void> | undefined;
    const upload = store.uploadFile('f/data', file.path, {
      sha256: file.sha256,
      onCheckpoint: (next) => {
        checkpoint = next;
      },
      onProgress: () => {
        killed ??= server.kill();
      },
    });
    await expect(upload).rejects.toMatchObject({ code: 'unavailable' });
    await killed;
    await server.restart();
    expect(await store.head('f/data')).toBeUndefined();
    if (checkpoint === undefined) throw new Error('no checkpoint');
    const through = storeOn(server, { prefix: 'restarted', endpoint: wire.endpoint });
    wire.sentBytes = 0;
    await through.uploadFile('f/data', file.path, { sha256: file.sha256, resume: checkpoint });
    expect(wire.sentBytes).toBeLessThan(120 * mib - checkpoint.partSizeBytes + mib);
    expect(await sha256Of((await store.read('f/data')).body)).toBe(file.sha256);
  });

  test('a part that the store has with other bytes is sent again', async () => {
    const file = await makeFile(folder, 40 * mib);
    const other = await makeFile(folder, 40 * mib);
    const store = storeOn(server, { prefix: 'altered' });
    const { checkpoint } = await stopEarly(store, other);
    const upload = store.uploadFile('f/data', file.path, {
      sha256: file.sha256,
      resume: { ...checkpoint, sha256: file.sha256 },
    });
    // The checkpoint lied about the file: the object carries the digest with which the upload began, so the lie is noticed.
    await expect(upload).rejects.toMatchObject({ code: 'damaged' });
    expect(await sha256Of((await store.read('f/data')).body)).toBe(file.sha256);
  });

  test('an upload whose completion was done but never answered is success', async () => {
    const file = await makeFile(folder, 20 * mib);
    const store = storeOn(server, { prefix: 'unanswered', endpoint: wire.endpoint });
    wire.loseAnswerTo('<CompleteMultipartUpload');
    await store.uploadFile('f/data', file.path, { sha256: file.sha256 });
    expect(wire.lostAnswers()).toBe(1);
    expect(await sha256Of((await store.read('f/data')).body)).toBe(file.sha256);
  });

  test('the first writer stays first when the answer to it gets lost', async () => {
    const store = storeOn(server, { prefix: 'unanswered', endpoint: wire.endpoint });
    wire.loseAnswerTo('the only writer');
    await store.put('lease', 'the only writer', { ifAbsent: true });
    expect(wire.lostAnswers()).toBe(2);
    await expect(store.put('lease', 'the only writer', { ifAbsent: true })).rejects.toMatchObject({
      code: 'already-exists',
    });
  });

  test('a read that breaks off fails instead of ending early', async () => {
    const file = await makeFile(folder, 20 * mib);
    await storeOn(server, { prefix: 'cut' }).uploadFile('f/data', file.path, { sha256: file.sha256 });
    const { body } = await storeOn(server, { prefix: 'cut', endpoint: wire.endpoint }).read('f/data');
    wire.cutAfterBytes(5 * mib);
    await expect(sha256Of(body)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('a store that is not there is unavailable', async () => {
    const store = storeOn(server, { prefix: '', endpoint: 'http://127.0.0.1:1' });
    await expect(store.getText('a')).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('a missing bucket is not mistaken for a missing object, and is made when asked', async () => {
    const store = storeOn(server, { prefix: '', bucket: 'not-yet-there' });
    await expect(store.getText('a')).rejects.toMatchObject({ code: 'not-found' });
    await store.ensureBucket();
    expect(await store.getText('a')).toBeUndefined();
  });

  test.each([
    ['secret', { secretAccessKey: 'wrong-secret-wrong-secret' }],
    ['key', { accessKeyId: 'somebody-else' }],
  ])('a wrong %s is refused, and no message or cause shows key material', async (_title, wrong) => {
    const store = storeOn(server, { prefix: 'refused', ...wrong });
    const file = await makeFile(folder, 20 * mib);
    const attempts = [
      () => store.put('a', 'b', { ifAbsent: false }),
      () => store.getText('a'),
      () => store.head('a'),
      () => keysOf(store, ''),
      () => store.remove(['a']),
      () => store.uploadFile('a', file.path, { sha256: file.sha256 }),
      () => store.ensureBucket(),
    ];
    for (const attempt of attempts) {
      const error = await attempt().catch((failure) => failure);
      expect(error).toMatchObject({ code: 'refused' });
      expect(describeError(error)).toContain(server.bucket);
      const everything =
        describeError(error) + JSON.stringify(error) + String(error.cause) + JSON.stringify(error.cause);
      for (const secret of [server.secretAccessKey, 'wrong-secret', 'somebody-else'])
        expect(everything).not.toContain(secret);
    }
  });
});

interface Overrides {
  prefix: string;
  endpoint?: string;
  bucket?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
}

function optionsOf(server: ObjectStoreServer, overrides: Overrides) {
  const { endpoint, accessKeyId, secretAccessKey, bucket } = server;
  return { endpoint, accessKeyId, secretAccessKey, bucket, region: 'us-east-1', forcePathStyle: true, ...overrides };
}

function storeOn(server: ObjectStoreServer, overrides: Overrides): ObjectStore {
  return createS3ObjectStore(optionsOf(server, overrides));
}

/** Resolves when the child says that three parts have arrived. */
async function uploadInChild(request: object): Promise<{ child: ChildProcess; checkpoint: UploadCheckpoint }> {
  const program = join(import.meta.dirname, 'object-store.child.ts');
  const child = spawn('node', [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(request));
  for await (const line of createInterface({ input: child.stdout })) return { child, checkpoint: JSON.parse(line) };
  throw new Error('the uploading child ended early');
}

/** A TCP relay to the store that counts the sent bytes and can break. */
interface Wire {
  endpoint: string;
  sentBytes: number;
  cutAfterBytes(bytes: number): void;
  /** Breaks the connection instead of passing on the answer to the next request that contains the text. */
  loseAnswerTo(text: string): void;
  lostAnswers(): number;
  close(): void;
}

async function startWire(target: string): Promise<Wire> {
  const { hostname, port } = new URL(target);
  let leftBytes = Number.POSITIVE_INFINITY;
  let unanswered: string | undefined;
  let lost = 0;
  const wire = {
    endpoint: '',
    sentBytes: 0,
    cutAfterBytes: (bytes: number) => {
      leftBytes = bytes;
    },
    loseAnswerTo: (text: string) => {
      unanswered = text;
    },
    lostAnswers: () => lost,
    close: () => server.close(),
  };
  const server: Server = createServer((near) => {
    const far = connect(Number(port), hostname);
    let losing = false;
    near.on('data', (chunk) => {
      wire.sentBytes += chunk.byteLength;
      if (unanswered === undefined || !chunk.includes(unanswered)) return;
      unanswered = undefined;
      losing = true;
    });
    far.on('data', (chunk) => {
      leftBytes -= chunk.byteLength;
      // An interim 100 is not the answer.
      if (losing && !chunk.toString('latin1').startsWith('HTTP/1.1 100')) lost += 1;
      else if (leftBytes > 0) return;
      leftBytes = Number.POSITIVE_INFINITY;
      near.destroy();
    });
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => {}).on('close', () => other.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  wire.endpoint = `http://127.0.0.1:${address.port}`;
  return wire;
}
