import { randomUUID } from 'node:crypto';
import { addAbortSignal, type Readable, Transform } from 'node:stream';
import { DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DrydockError } from '../../errors.ts';
import { given } from '../../given.ts';
import { type Bucket, fullKey } from './bucket.ts';
import { answerOf, isAbsentObject, toStoreError } from './s3-errors.ts';

/** The most keys that one request may delete. */
const deleteBatch = 1000;
/** Store codes for an object that must stay, whoever asks again. */
const forbidden = /: (AccessDenied|ObjectLocked|MethodNotAllowed|InvalidRequest)$/;
const readAheadBytes = 1024 * 1024;

/**
 * The SDK repeats a request whose answer got lost, and then finds our own object. The token tells this case from a lost
 * race.
 */
export async function put(s3: Bucket, key: string, body: string, how: { ifAbsent: boolean }): Promise<void> {
  const token = randomUUID();
  const target = { Bucket: s3.bucket, Key: fullKey(s3, key) };
  try {
    await s3.client.send(
      new PutObjectCommand({
        ...target,
        Body: body,
        Metadata: { write: token },
        ...(how.ifAbsent ? { IfNoneMatch: '*' } : {}),
        ContentType: 'application/json',
      }),
    );
  } catch (error) {
    const repeated = ((error as { $metadata?: { attempts?: number } }).$metadata?.attempts ?? 1) > 1;
    if (!repeated || answerOf(error).status !== 412) throw error;
    const there = await s3.client.send(new HeadObjectCommand(target));
    if (there.Metadata?.['write'] !== token) throw error;
  }
}

export async function getText(s3: Bucket, key: string): Promise<string | undefined> {
  try {
    const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: fullKey(s3, key) }));
    return await Body?.transformToString('utf-8');
  } catch (error) {
    if (isAbsentObject(error)) return undefined;
    throw error;
  }
}

export async function read(
  s3: Bucket,
  key: string,
  signal?: AbortSignal,
): Promise<{ body: Readable; sizeBytes: number }> {
  signal?.throwIfAborted();
  const { Body, ContentLength } = await s3.client.send(
    new GetObjectCommand({ Bucket: s3.bucket, Key: fullKey(s3, key) }),
    given({ abortSignal: signal }),
  );
  if (Body === undefined || ContentLength === undefined)
    throw new DrydockError('unavailable', `read ${key}: no length given`);
  const sizeBytes = ContentLength;
  const source = Body as Readable;
  let seenBytes = 0;
  const body = new Transform({
    highWaterMark: readAheadBytes,
    transform: (chunk: Buffer, _encoding, done) => {
      seenBytes += chunk.byteLength;
      done(null, chunk);
    },
    flush: (done) => done(seenBytes === sizeBytes ? null : brokenOff()),
  });
  const brokenOff = () =>
    new DrydockError('unavailable', `read ${key}: ended after ${seenBytes} of ${sizeBytes} bytes`);
  const fail = (error: unknown) => {
    body.destroy(toStoreError(error, `read ${key}`, { bucket: s3.bucket, signal }) as Error);
  };
  source.once('error', fail).once('close', () => source.readableEnded || fail(brokenOff()));
  // An error before the first read must wait for the reader, not end the process.
  body.on('error', () => {}).once('close', () => source.destroy());
  if (signal !== undefined) addAbortSignal(signal, source);
  return { body: source.pipe(body), sizeBytes };
}

/** An answer to HEAD has no text, so 404 may be a missing bucket or a wrong key: a GET tells them apart. */
export async function head(
  s3: Bucket,
  key: string,
): Promise<{ sizeBytes: number; sha256?: string | undefined } | undefined> {
  const target = { Bucket: s3.bucket, Key: fullKey(s3, key) };
  try {
    const found = await s3.client.send(new HeadObjectCommand(target));
    return { sizeBytes: found.ContentLength ?? 0, sha256: found.Metadata?.['sha256'] };
  } catch (error) {
    if (!isAbsentObject(error)) throw error;
  }
  try {
    const { Body } = await s3.client.send(new GetObjectCommand({ ...target, Range: 'bytes=0-0' }));
    await Body?.transformToByteArray();
  } catch (error) {
    if (isAbsentObject(error)) return undefined;
    throw error;
  }
  // The object appeared between the two requests.
  return head(s3, key);
}

export async function remove(s3: Bucket, keys: readonly string[]): Promise<void> {
  const problems: string[] = [];
  for (let start = 0; start < keys.length; start += deleteBatch) {
    const batch = keys.slice(start, start + deleteBatch);
    const { Errors = [] } = await s3.client.send(
      new DeleteObjectsCommand({
        Bucket: s3.bucket,
        Delete: { Objects: batch.map((key) => ({ Key: fullKey(s3, key) })), Quiet: true },
      }),
    );
    for (const { Key = '', Code } of Errors) {
      if (Code !== 'NoSuchKey') problems.push(`${Key.slice(s3.root.length)}: ${Code}`);
    }
  }
  if (problems.length === 0) return;
  const code = problems.every((problem) => forbidden.test(problem)) ? 'refused' : 'unavailable';
  throw new DrydockError(
    code,
    `remove objects in bucket ${s3.bucket}: ${problems.length} of ${keys.length} are still there`,
    {
      problems,
    },
  );
}
