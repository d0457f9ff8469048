import { z } from 'zod';
import { EdgeMode, InstanceName } from './ids.ts';
import { waitMinutes } from './lease.ts';
import { contract, reported } from './procedure.ts';

/** Holder of the read-only mode that an operator set; only an operator lifts that mode. */
export const operator = 'operator';

export const ReadOnlyRequest = z
  .strictObject({
    instance: InstanceName,
    state: z.enum(['on', 'off']).describe('on refuses writes until it is turned off by hand; off admits them again'),
    reason: z
      .string()
      .default('asked for by an operator')
      .describe('Reason that operators read in the status while writing is off'),
    waitMinutes: waitMinutes(60),
  })
  .describe('Turns writing to an instance off or back on.');

export const ReadOnlyReport = z.strictObject({
  ...reported('readOnly'),
  instance: InstanceName,
  mode: EdgeMode,
  writesLeft: z.int(),
});
export type ReadOnlyReport = z.infer<typeof ReadOnlyReport>;

export const readOnlyContract = contract({
  type: 'readOnly',
  kind: 'procedure',
  request: ReadOnlyRequest,
  report: ReadOnlyReport,
  example: { instance: 'pharma', state: 'on' },
  runbook: 'read-only',
});
