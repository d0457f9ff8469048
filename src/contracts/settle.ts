import { z } from 'zod';
import { InstanceName } from './ids.ts';
import { waitMinutes } from './lease.ts';
import { StepRecord } from './progress.ts';

export const SettleRequest = z
  .strictObject({
    instance: InstanceName,
    dead: z
      .array(z.string())
      .default([])
      .describe('Workflow ids of procedures that ended without giving the lease back; what they hold is lifted'),
    waitMinutes: waitMinutes().describe('How long to wait for another procedure to finish, in minutes'),
  })
  .describe('Puts an instance right after a procedure was terminated. The instance starts it by itself.');
export type SettleRequest = z.infer<typeof SettleRequest>;

export const SettleReport = z.strictObject({
  procedure: z.literal('settle'),
  instance: InstanceName,
  /** What had to be put right; empty when nothing had. */
  done: z.array(z.string()),
  steps: z.array(StepRecord),
});
export type SettleReport = z.infer<typeof SettleReport>;
