import { z } from 'zod';

/** What a bucket does with deleted objects. */
export const BucketProtection = z.strictObject({
  /** `on` even if versioning is suspended now: versions from before are kept. */
  versioning: z.enum(['on', 'off', 'unknown']),
  objectLock: z.enum(['on', 'off', 'unknown']),
  /** Mode and time of the default lock on new objects. */
  lockWords: z.string().exactOptional(),
});
export type BucketProtection = z.infer<typeof BucketProtection>;
