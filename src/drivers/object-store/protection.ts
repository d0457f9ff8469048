import { GetBucketVersioningCommand, GetObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import type { BucketProtection } from '../../contracts/bucket-protection.ts';
import type { Bucket } from './bucket.ts';
import { answerOf } from './s3-errors.ts';

/** What the bucket does with deleted objects. Unknown when the store cannot say or may not be asked. */
export async function protection(s3: Bucket): Promise<BucketProtection> {
  const versioning = await askVersioning(s3);
  return { versioning, ...(await askObjectLock(s3)) };
}

async function askVersioning(s3: Bucket): Promise<BucketProtection['versioning']> {
  try {
    const { Status } = await s3.client.send(new GetBucketVersioningCommand({ Bucket: s3.bucket }));
    // Suspended versioning keeps existing versions.
    return Status === undefined ? 'off' : 'on';
  } catch (error) {
    return unlessSilent(error, 'unknown');
  }
}

async function askObjectLock(s3: Bucket): Promise<Omit<BucketProtection, 'versioning'>> {
  try {
    const { ObjectLockConfiguration: lock } = await s3.client.send(
      new GetObjectLockConfigurationCommand({ Bucket: s3.bucket }),
    );
    if (lock?.ObjectLockEnabled !== 'Enabled') return { objectLock: 'off' };
    const { Mode, Days, Years } = lock.Rule?.DefaultRetention ?? {};
    if (Mode === undefined) return { objectLock: 'on' };
    return { objectLock: 'on', lockWords: `${Mode.toLowerCase()}, ${Years ? `${Years} years` : `${Days ?? 0} d`}` };
  } catch (error) {
    if (answerOf(error).name === 'ObjectLockConfigurationNotFoundError') return { objectLock: 'off' };
    return unlessSilent(error, { objectLock: 'unknown' });
  }
}

/** Writers of objects need no permission to inspect the bucket; an unavailable store is another matter. */
function unlessSilent<Answer>(error: unknown, answer: Answer): Answer {
  const { status } = answerOf(error);
  if (status === 403 || status === 404 || status === 405 || status === 400 || status === 501) return answer;
  throw error;
}
