import { z } from 'zod';
import { EdgeMode, InstanceName } from './ids.ts';
import { waitMinutes } from './lease.ts';
import { StepRecord } from './progress.ts';

/** Holds an instance read-only beside the procedures that may; nobody but an operator lifts it. */
export const operator = 'operator';

export const ReadOnlyRequest = z
  .strictObject({
    instance: InstanceName,
    state: z.enum(['on', 'off']).describe('on refuses writes until it is turned off by hand; off admits them again'),
    reason: z.string().default('asked for by an operator').describe('What operators read in the status while it holds'),
    waitMinutes: waitMinutes(60),
  })
  .describe('Turns writing to an instance off or back on.');
export type ReadOnlyRequest = z.infer<typeof ReadOnlyRequest>;

export const ReadOnlyReport = z.strictObject({
  procedure: z.literal('readOnly'),
  instance: InstanceName,
  mode: EdgeMode,
  writesLeft: z.int(),
  steps: z.array(StepRecord),
});
export type ReadOnlyReport = z.infer<typeof ReadOnlyReport>;
