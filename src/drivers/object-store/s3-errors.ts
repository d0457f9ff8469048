import { DrydockError } from '../../errors.ts';

/** The part of an SDK error that may be shown: other parts can hold request headers and signatures. */
interface StoreAnswer {
  name: string;
  status: number | undefined;
}

const checkCredentials = 'check the access key, its permissions and the clock of this host';

/**
 * The one place where errors of the SDK become Drydock's. `tried` names action and object. An abort by the caller keeps
 * the signal's reason.
 */
export function toStoreError(
  error: unknown,
  tried: string,
  where: { bucket: string; signal?: AbortSignal | undefined },
): unknown {
  if (where.signal?.aborted) return where.signal.reason;
  if (error instanceof DrydockError) return error;
  const { name, status } = answerOf(error);
  const saw = `${tried} in bucket ${where.bucket}: ${status === undefined ? '' : `${status} `}${name}`;
  if (status === undefined && isChecksumMismatch(error))
    return new DrydockError('damaged', `${tried} in bucket ${where.bucket}: the bytes do not fit their checksum`);
  if (status === undefined)
    return new DrydockError('unavailable', `${saw}: the object store did not answer`, { cause: plain(error) });
  if (isAbsent(error)) return new DrydockError('not-found', saw);
  if (status === 401 || status === 403 || status === 404)
    return new DrydockError('refused', saw, { next: checkCredentials });
  if (status === 412) return new DrydockError('already-exists', saw);
  if (status === 507 || name === 'QuotaExceeded')
    return new DrydockError('no-space', saw, { next: 'make room in the object store' });
  if (status >= 500 || status === 429 || passing.has(name)) return new DrydockError('unavailable', saw);
  if (status < 400) return new DrydockError('refused', saw, { next: 'check the endpoint and the region' });
  return new DrydockError('refused', saw, { next: 'check the endpoint, the region and the bucket' });
}

/** Refusals that another try may overcome: a race, a slow connection, a part altered in transit. */
const passing = new Set([
  'ConditionalRequestConflict',
  'OperationAborted',
  'RequestTimeout',
  'SlowDown',
  'BadDigest',
  'InvalidDigest',
  'XAmzContentChecksumMismatch',
  'XAmzContentSHA256Mismatch',
  'IncompleteBody',
]);

const absences = new Set(['NoSuchKey', 'NoSuchUpload', 'NoSuchBucket', 'NotFound']);

/** Other 404 answers concern the caller: versitygw gives one for an unknown access key. */
export function isAbsent(error: unknown): boolean {
  const { name, status } = answerOf(error);
  return status === 404 && absences.has(name);
}

/** A missing bucket is not an absent object: somebody must make the bucket. */
export function isAbsentObject(error: unknown): boolean {
  return isAbsent(error) && answerOf(error).name !== 'NoSuchBucket';
}

/** The SDK compares bytes with the store's checksum. Its error has no name and no code. */
function isChecksumMismatch(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Checksum mismatch: ');
}

export function answerOf(error: unknown): StoreAnswer {
  const { name, code, $metadata } = error as { name?: string; code?: string; $metadata?: { httpStatusCode?: number } };
  return { name: code ?? name ?? 'unknown error', status: $metadata?.httpStatusCode };
}

/** An Error with only name and message: SDK errors also carry the request. */
function plain(error: unknown): Error {
  const { name, message } = error as Error;
  return Object.assign(new Error(message), { name });
}
