import { execFile, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAgeZstdSeal } from '../../src/drivers/seal/age-zstd.ts';
import type { Packing, Seal, SealedFile } from '../../src/drivers/seal/seal.ts';
import { describeError } from '../../src/errors.ts';

const run = promisify(execFile);
const kib = 1024;
const packings: Packing[] = [
  { compression: 'zstd', encryption: 'age' },
  { compression: 'zstd', encryption: 'none' },
  { compression: 'none', encryption: 'age' },
  { compression: 'none', encryption: 'none' },
];

describe('seal: age and zstd', () => {
  let keys: string;
  let folder: string;
  let identity: { file: string; recipient: string };
  let other: { file: string; recipient: string };

  beforeAll(async () => {
    keys = await mkdtemp(join(tmpdir(), 'drydock-keys-'));
    identity = makeIdentity(join(keys, 'identity'));
    other = makeIdentity(join(keys, 'other'));
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(keys, 'case-'));
  });
  afterAll(async () => {
    await rm(keys, { recursive: true, force: true });
  });

  const sealFor = (packing: Packing): Seal =>
    createAgeZstdSeal({
      recipients: packing.encryption === 'age' ? [other.recipient, identity.recipient] : [],
      identityFile: identity.file,
    });

  async function sealed(packing: Packing, bytes: Buffer) {
    const from = join(folder, 'source');
    const to = join(folder, 'sealed');
    await writeFile(from, bytes);
    const seal = sealFor(packing);
    const result = await seal.seal(from, to, { compression: packing.compression });
    return { seal, result, stored: await readFile(to), expected: { ...result, ...packing } };
  }

  for (const packing of packings) {
    const name = `${packing.compression} and ${packing.encryption}`;

    test.each([0, 1, 64 * kib - 1, 64 * kib, 64 * kib + 1, 20 * kib * kib])(
      `${name}: %i bytes come back`,
      async (size) => {
        const bytes = halfCompressible(size);
        const { seal, result, stored, expected } = await sealed(packing, bytes);
        expect(result).toEqual({ source: digestOf(bytes), stored: digestOf(stored) });
        const to = join(folder, 'back');
        const progress: number[] = [];
        const onProgress = (done: number) => progress.push(done);
        await seal.unseal(createReadStream(join(folder, 'sealed')), to, expected, { onProgress });
        expect((await readFile(to)).equals(bytes)).toBe(true);
        expect(progress.at(-1) ?? 0).toBe(stored.byteLength);
        expect(await readdir(folder)).toEqual(['back', 'sealed', 'source']);
      },
    );

    test.each<[string, (bytes: Buffer) => Buffer]>([
      ['one byte is missing at the end', (bytes) => bytes.subarray(0, -1)],
      ['half is missing', (bytes) => bytes.subarray(0, bytes.byteLength / 2)],
      ['everything is missing', () => Buffer.alloc(0)],
      ['a byte at the start differs', (bytes) => flip(bytes, 0)],
      ['a byte of the header differs', (bytes) => flip(bytes, 110)],
      ['a byte in the middle differs', (bytes) => flip(bytes, Math.floor(bytes.byteLength / 2))],
      ['the last byte differs', (bytes) => flip(bytes, bytes.byteLength - 1)],
      ['something follows', (bytes) => Buffer.concat([bytes, Buffer.from('garbage')])],
    ])(`${name}: damaged when %s, and no file is left`, async (_title, damage) => {
      const { seal, stored, expected } = await sealed(packing, halfCompressible(3 * kib * kib));
      const to = join(folder, 'back');
      const unsealing = seal.unseal(Readable.from(inChunks(damage(Buffer.from(stored)))), to, expected, {});
      await expect(unsealing).rejects.toMatchObject({ code: 'damaged' });
      expect(await readdir(folder)).toEqual(['sealed', 'source']);
    });

    test.each<[string, (file: SealedFile) => SealedFile]>([
      ['source digest', (file) => ({ ...file, source: { ...file.source, sha256: '0'.repeat(64) } })],
      ['source size', (file) => ({ ...file, source: { ...file.source, sizeBytes: file.source.sizeBytes + 1 } })],
      ['stored digest', (file) => ({ ...file, stored: { ...file.stored, sha256: '0'.repeat(64) } })],
      ['stored size', (file) => ({ ...file, stored: { ...file.stored, sizeBytes: file.stored.sizeBytes + 1 } })],
    ])(`${name}: damaged when the %s is another`, async (_title, change) => {
      const { seal, result, stored } = await sealed(packing, halfCompressible(300 * kib));
      const expected = { ...change(result), ...packing };
      const unsealing = seal.unseal(Readable.from(inChunks(stored)), join(folder, 'back'), expected, {});
      await expect(unsealing).rejects.toMatchObject({ code: 'damaged' });
      expect(await readdir(folder)).toEqual(['sealed', 'source']);
    });

    test(`${name}: stopping leaves nothing and rejects with the reason`, async () => {
      const from = join(folder, 'source');
      await writeFile(from, halfCompressible(64 * kib * kib));
      const reason = new Error('enough');
      const stop = new AbortController();
      const options = { compression: packing.compression, signal: stop.signal, onProgress: () => stop.abort(reason) };
      await expect(sealFor(packing).seal(from, join(folder, 'sealed'), options)).rejects.toBe(reason);
      expect(await readdir(folder)).toEqual(['source']);

      const again = new AbortController();
      const { seal, stored, expected } = await sealed(packing, halfCompressible(8 * kib * kib));
      const unsealing = seal.unseal(Readable.from(inChunks(stored)), join(folder, 'back'), expected, {
        signal: again.signal,
        onProgress: () => again.abort(reason),
      });
      await expect(unsealing).rejects.toBe(reason);
      expect(await readdir(folder)).toEqual(['sealed', 'source']);
    });
  }

  test('age and zstd by hand give the same bytes', async () => {
    const bytes = halfCompressible(5 * kib * kib);
    await sealed({ compression: 'zstd', encryption: 'age' }, bytes);
    await run('age', ['-d', '-i', other.file, '-o', join(folder, 'by-hand.zst'), join(folder, 'sealed')]);
    await run('zstd', ['-q', '-d', join(folder, 'by-hand.zst'), '-o', join(folder, 'by-hand')]);
    expect((await readFile(join(folder, 'by-hand'))).equals(bytes)).toBe(true);
  });

  test.each([
    ['does not fit', () => makeIdentity(join(folder, 'stranger')).file],
    ['is not there', () => join(folder, 'none')],
    ['is not configured', () => undefined],
    ['is not an identity', () => join(folder, 'source')],
  ])('an identity that %s cannot decrypt, and what to do is said', async (_title, identityFile) => {
    const { stored, expected } = await sealed({ compression: 'zstd', encryption: 'age' }, randomBytes(200 * kib));
    const file = identityFile();
    const seal = createAgeZstdSeal({ recipients: [], ...(file === undefined ? {} : { identityFile: file }) });
    const unsealing = seal.unseal(Readable.from(inChunks(stored)), join(folder, 'back'), expected, {});
    const error = await unsealing.catch((failure) => failure);
    expect(error).toMatchObject({ code: 'cannot-decrypt' });
    expect(describeError(error)).toContain('identity file');
    expect(await readdir(folder)).not.toContain('back');
    expect((await readdir(folder)).join()).not.toContain('partial');
  });

  test('a program that ends with an error is named with what it said, and nothing is left', async () => {
    await writeFile(join(folder, 'source'), halfCompressible(30 * kib * kib));
    const seal = createAgeZstdSeal({ recipients: ['age1nonsense'] });
    const sealing = seal.seal(join(folder, 'source'), join(folder, 'sealed'), { compression: 'zstd' });
    await expect(sealing).rejects.toMatchObject({
      code: 'tool-failed',
      message: expect.stringMatching(/^age ended with code 1: .*malformed recipient/),
    });
    expect(await readdir(folder)).toEqual(['source']);
  });

  test.each([
    ['zstd', 'age'],
    ['age', 'zstd'],
  ])('when %s is killed in the middle all end and nothing is left', async (program, neighbour) => {
    await writeFile(join(folder, 'source'), halfCompressible(200 * kib * kib));
    const seal = sealFor({ compression: 'zstd', encryption: 'age' });
    const sealing = seal.seal(join(folder, 'source'), join(folder, 'sealed'), { compression: 'zstd' });
    const outcome = sealing.catch((failure) => failure);
    // The test holds the neighbouring program, so that the work cannot end meanwhile.
    while (childrenNamed(neighbour).length === 0) await setImmediate();
    for (const child of childrenNamed(neighbour)) process.kill(child, 'SIGSTOP');
    for (const child of childrenNamed(program)) process.kill(child, 'SIGKILL');
    expect(await outcome).toMatchObject({ code: 'tool-failed', message: `${program} was ended by SIGKILL` });
    expect(await readdir(folder)).toEqual(['source']);
    expect([...childrenNamed('zstd'), ...childrenNamed('age')]).toEqual([]);
  });

  test('a source that changes while it is read is refused', async () => {
    const from = join(folder, 'source');
    await writeFile(from, halfCompressible(30 * kib * kib));
    let changed: Promise<void> | undefined;
    const sealing = sealFor({ compression: 'zstd', encryption: 'age' }).seal(from, join(folder, 'sealed'), {
      compression: 'zstd',
      onProgress: () => {
        changed ??= writeFile(from, 'more', { flag: 'a' });
      },
    });
    await expect(sealing).rejects.toMatchObject({ code: 'damaged' });
    await changed;
    expect(await readdir(folder)).toEqual(['source']);
  });

  test('a source stream that breaks off is unavailable, not damaged', async () => {
    const { seal, stored, expected } = await sealed({ compression: 'zstd', encryption: 'age' }, randomBytes(900 * kib));
    const broken = Readable.from(
      (async function* () {
        yield stored.subarray(0, 300 * kib);
        throw new Error('connection reset');
      })(),
    );
    const unsealing = seal.unseal(broken, join(folder, 'back'), expected, {});
    await expect(unsealing).rejects.toMatchObject({ code: 'unavailable' });
    expect(await readdir(folder)).toEqual(['sealed', 'source']);
  });

  test('an absent source is not found, and the leftover of a killed run is replaced', async () => {
    const seal = sealFor({ compression: 'zstd', encryption: 'age' });
    const missing = seal.seal(join(folder, 'none'), join(folder, 'sealed'), { compression: 'zstd' });
    await expect(missing).rejects.toMatchObject({ code: 'not-found' });
    await writeFile(join(folder, 'sealed.partial'), 'leftover');
    const { stored, result } = await sealed({ compression: 'zstd', encryption: 'age' }, randomBytes(100));
    expect(digestOf(stored)).toEqual(result.stored);
    expect(await readdir(folder)).toEqual(['sealed', 'source']);
  });

  test('a full disk is no-space', async () => {
    const small = join(folder, 'small');
    await mkdir(small);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', small]);
    try {
      await writeFile(join(folder, 'source'), randomBytes(20 * kib * kib));
      for (const packing of packings) {
        const sealing = sealFor(packing).seal(join(folder, 'source'), join(small, 'sealed'), packing);
        await expect(sealing).rejects.toMatchObject({ code: 'no-space' });
        expect(await readdir(small)).toEqual([]);
      }
    } finally {
      await run('umount', [small]);
    }
  });

  test('a secret key among the recipients is refused without being shown', () => {
    const secret = 'AGE-SECRET-KEY-1QQQQQQ';
    const make = () => createAgeZstdSeal({ recipients: [secret] });
    expect(make).toThrow(/secret key/);
    expect(make).not.toThrow(new RegExp(secret));
  });

  test('digest, recipients and versions are told', async () => {
    const bytes = randomBytes(300 * kib);
    const seal = sealFor({ compression: 'zstd', encryption: 'age' });
    expect(await seal.digest(Readable.from(inChunks(bytes)))).toEqual(digestOf(bytes));
    expect(seal.recipients()).toEqual([other.recipient, identity.recipient]);
    expect(await seal.tools()).toEqual({ age: expect.stringMatching(/^\d/), zstd: expect.stringMatching(/^\d/) });
  });

  test('memory stays flat over 512 MiB', async () => {
    const child = spawn('node', [join(import.meta.dirname, 'seal.child.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(JSON.stringify({ folder, recipient: identity.recipient, identityFile: identity.file }));
    const output = (await child.stdout.toArray()).join('');
    const [exitCode] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    expect(exitCode).toBe(0);
    expect(JSON.parse(output).growthBytes).toBeLessThan(64 * kib * kib);
  });
});

function makeIdentity(file: string): { file: string; recipient: string } {
  execFileSync('age-keygen', ['-o', file], { stdio: 'ignore' });
  return { file, recipient: execFileSync('age-keygen', ['-y', file], { encoding: 'utf8' }).trim() };
}

/** Our direct children by program name. */
function childrenNamed(program: string): number[] {
  try {
    return execFileSync('pgrep', ['-P', String(process.pid), '-x', program], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
  } catch {
    // pgrep ends with 1 when it finds none.
    return [];
  }
}

function digestOf(bytes: Buffer) {
  return { sizeBytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function halfCompressible(size: number): Buffer {
  const bytes = randomBytes(size);
  for (let start = 0; start < size; start += 128 * kib)
    bytes.fill('some text, ', start, Math.min(start + 64 * kib, size));
  return bytes;
}

function flip(bytes: Buffer, index: number): Buffer {
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes;
}

function* inChunks(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.byteLength; start += 64 * kib) yield bytes.subarray(start, start + 64 * kib);
}
