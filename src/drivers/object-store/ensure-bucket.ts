import { randomUUID } from 'node:crypto';
import { type BucketLocationConstraint, CreateBucketCommand, HeadBucketCommand } from '@aws-sdk/client-s3';
import { DrydockError } from '../../errors.ts';
import type { Bucket } from './bucket.ts';
import { getText, put, remove } from './objects.ts';
import { answerOf, isAbsent } from './s3-errors.ts';

export async function ensureBucket(s3: Bucket): Promise<void> {
  await makeBucket(s3);
  const key = `probe-${randomUUID()}`;
  await put(s3, key, key, { ifAbsent: true });
  const seen = await getText(s3, key);
  await remove(s3, [key]);
  if (seen !== key)
    throw new DrydockError('unavailable', `bucket ${s3.bucket}: an object just written reads back differently`);
}

async function makeBucket(s3: Bucket): Promise<void> {
  try {
    await s3.client.send(new HeadBucketCommand({ Bucket: s3.bucket }));
  } catch (error) {
    if (!isAbsent(error)) throw error;
    const elsewhere =
      s3.region === 'us-east-1'
        ? {}
        : { CreateBucketConfiguration: { LocationConstraint: s3.region as BucketLocationConstraint } };
    await s3.client.send(new CreateBucketCommand({ Bucket: s3.bucket, ...elsewhere })).catch((lost) => {
      if (answerOf(lost).name !== 'BucketAlreadyOwnedByYou') throw lost;
    });
  }
}
