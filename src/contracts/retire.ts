import { z } from 'zod';
import { Generation, InstanceName, Instant } from './ids.ts';

export const RetireRequest = z
  .strictObject({
    instance: InstanceName,
    generation: Generation.describe('Generation to remove; the serving one is refused'),
    notBefore: Instant.describe('When its grace period is over'),
  })
  .describe(
    'Removes a generation that no longer serves, when its grace period is over. A restore starts it by itself.',
  );
export type RetireRequest = z.infer<typeof RetireRequest>;

export const RetireReport = z.strictObject({
  instance: InstanceName,
  generation: Generation,
  removed: z.array(z.string()),
});
export type RetireReport = z.infer<typeof RetireReport>;
