import { z } from 'zod';
import { Identity, InstanceName } from './ids.ts';
import { waitMinutes } from './lease.ts';
import { contract, reported } from './procedure.ts';

const SettleRequest = z
  .strictObject({
    ...Identity.shape,
    dead: z
      .array(z.string())
      .default([])
      .describe(
        'Workflow ids of procedures that ended without giving the lease back; their read-only holds are lifted',
      ),
    waitMinutes: waitMinutes().describe('How long to wait for another procedure to finish, in minutes'),
  })
  .describe('Puts an instance right after a procedure was terminated. The instance starts this procedure by itself.');

export const SettleReport = z.strictObject({
  ...reported('settle'),
  instance: InstanceName,
  /** Repairs; empty when nothing needed any. */
  done: z.array(z.string()),
});
export type SettleReport = z.infer<typeof SettleReport>;

export const settleContract = contract({
  type: 'settle',
  kind: 'internal',
  request: SettleRequest,
  report: SettleReport,
  example: { instance: 'pharma', id: '01K9D2T4N6QX8ZB3C5E7G9J1KM', dead: ['upgrade-pharma-20261121T030000Z-1a2b'] },
  runbook: 'README',
});
