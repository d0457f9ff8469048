import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { DrydockError } from '../../errors.ts';
import { EarlySync, writeWhole } from '../partial-file.ts';
import { digestBehind, RunningDigest } from './digest.ts';
import { type PipedTools, pipeTools, supervise, type Tool, ToolFailure } from './piped-tools.ts';
import type { Digest, SealedFile } from './seal.ts';

interface Options {
  expected: SealedFile;
  tools: readonly Tool[];
  signal?: AbortSignal;
  onProgress?: (storedBytes: number) => void;
}

type Unpacked = { source: Digest } | { failure: unknown };

export async function unsealStream(from: Readable, to: string, options: Options): Promise<void> {
  options.signal?.throwIfAborted();
  // The stream keeps an error before the first read for the reader; it must not end the process.
  from.on('error', () => {});
  if (options.signal !== undefined) addAbortSignal(options.signal, from);
  try {
    await writeWhole(to, async (file) => {
      const { stored, unpacked } = await (options.tools.length === 0 ? copy : unpack)(from, file, options);
      // Differing stored bytes explain whatever a program said about them.
      mustEqual(stored, options.expected.stored, `unseal to ${to}: the stored bytes`);
      if ('failure' in unpacked) throw explain(unpacked.failure, to);
      mustEqual(unpacked.source, options.expected.source, `unseal to ${to}: the decrypted and decompressed bytes`);
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  }
}

async function unpack(
  from: Readable,
  file: FileHandle,
  options: Options,
): Promise<{ stored: Digest; unpacked: Unpacked }> {
  const pipe = pipeTools(options.tools, { input: 'pipe', output: file.fd });
  const disk = new EarlySync(file);
  return supervise(pipe, options.signal, async () => {
    const unpacking: Promise<Unpacked> = digestBehind(file, pipe.ended, {
      reachedBytes: async () => (await file.stat()).size,
      onBytes: (bytes) => disk.reached(bytes),
    }).then(
      (source) => ({ source }),
      (failure) => ({ failure }),
    );
    const stored = await feed(from, pipe, unpacking, options);
    const unpacked = await unpacking;
    await disk.finish();
    return { stored, unpacked };
  });
}

/**
 * Feeds the stored bytes to the first program. When a program gives up on its input, the rest is still read for the
 * digest, which alone tells damaged bytes from a wrong identity. A failure unrelated to the bytes ends at once.
 */
async function feed(from: Readable, pipe: PipedTools, unpacking: Promise<Unpacked>, options: Options): Promise<Digest> {
  const input = pipe.input;
  if (input === undefined) throw new DrydockError('internal', 'the first program of the pipe has no input');
  const digest = new RunningDigest();
  const state: { unpacked?: Unpacked } = {};
  const ended = unpacking.then((unpacked) => {
    state.unpacked = unpacked;
  });
  for await (const chunk of chunksOf(from)) {
    count(digest, chunk, options);
    if (state.unpacked !== undefined && 'failure' in state.unpacked && !isAboutTheBytes(state.unpacked.failure)) {
      throw state.unpacked.failure;
    }
    if (input.destroyed || state.unpacked !== undefined || input.write(chunk)) continue;
    // A dead program closes its input with an error; the loop then only counts.
    await Promise.race([once(input, 'drain'), ended]).catch(() => {});
  }
  input.end();
  return digest.finish();
}

async function copy(
  from: Readable,
  file: FileHandle,
  options: Options,
): Promise<{ stored: Digest; unpacked: Unpacked }> {
  const digest = new RunningDigest();
  const disk = new EarlySync(file);
  for await (const chunk of chunksOf(from)) {
    const written = file.writeFile(chunk);
    count(digest, chunk, options);
    await written;
    disk.reached(digest.sizeBytes);
  }
  await disk.finish();
  const stored = digest.finish();
  return { stored, unpacked: { source: stored } };
}

function count(digest: RunningDigest, chunk: Buffer, options: Options): void {
  digest.add(chunk);
  if (digest.sizeBytes > options.expected.stored.sizeBytes) {
    throw new DrydockError(
      'damaged',
      `unseal: more than the expected ${options.expected.stored.sizeBytes} bytes arrived`,
    );
  }
  options.onProgress?.(digest.sizeBytes);
}

/** Errors of the source stream that are not ours are mostly broken connections. */
async function* chunksOf(from: Readable): AsyncGenerator<Buffer> {
  try {
    yield* from as AsyncIterable<Buffer>;
  } catch (cause) {
    if (cause instanceof DrydockError || from.errored !== cause) throw cause;
    throw new DrydockError('unavailable', 'read the sealed bytes: the stream broke off', { cause });
  }
}

function isAboutTheBytes(failure: unknown): boolean {
  return failure instanceof ToolFailure && failure.code === 'tool-failed' && failure.signal === undefined;
}

function explain(failure: unknown, to: string): unknown {
  if (!(failure instanceof ToolFailure) || failure.program !== 'age') return failure;
  if (!/no identity matched|error: reading "/.test(failure.stderr)) return failure;
  return new DrydockError('cannot-decrypt', `decrypt to ${to}: the configured identity does not open this set`, {
    next: 'configure the identity file whose public key the manifest names',
    cause: failure,
  });
}

function mustEqual(seen: Digest, expected: Digest, what: string): void {
  if (seen.sizeBytes === expected.sizeBytes && seen.sha256 === expected.sha256) return;
  throw new DrydockError('damaged', `${what} are not what was sealed`, {
    problems: [
      `expected ${expected.sizeBytes} bytes with sha256 ${expected.sha256}`,
      `saw ${seen.sizeBytes} bytes with sha256 ${seen.sha256}`,
    ],
  });
}
