import { z } from 'zod';

/** What a bucket does with objects that are deleted. */
export const BucketProtection = z.strictObject({
  /** `on` also when it was on once: versions from then are kept. */
  versioning: z.enum(['on', 'off', 'unknown']),
  objectLock: z.enum(['on', 'off', 'unknown']),
  /** Mode and time of the lock that new objects get by themselves. */
  lockWords: z.string().exactOptional(),
});
export type BucketProtection = z.infer<typeof BucketProtection>;
