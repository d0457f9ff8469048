import { z } from 'zod';
import { HostName, Identity, InstanceName, Instant, SetId } from './ids.ts';
import { waitMinutes } from './lease.ts';
import { contract, reported } from './procedure.ts';

export const DecommissionRequest = z
  .strictObject({
    instance: InstanceName,
    confirm: z.string().optional().describe('The name of the instance again; without it nothing is removed'),
    skipFinalSet: z
      .string()
      .min(3)
      .optional()
      .describe('Reason to take no last set. Without a reason a last set is taken'),
    hostLost: z
      .string()
      .min(3)
      .optional()
      .describe('Reason to count host and disk as lost: nothing is removed there, the instance is only forgotten'),
    keepSetsDays: z
      .int()
      .nonnegative()
      .max(3650)
      .default(30)
      .describe('How long the sets of the instance stay before they may be removed, in days'),
    waitMinutes: waitMinutes(),
  })
  .describe('Removes an instance from its host, after a last set.');
export type DecommissionRequest = z.infer<typeof DecommissionRequest>;

/** Everything to be removed, found by label and path and proven ours. */
export const DecommissionPlan = Identity.extend({
  host: HostName,
  project: z.string(),
  containers: z.array(z.string()),
  networks: z.array(z.string()),
  volumes: z.array(z.string()),
  directory: z.string(),
  hash: z.string(),
});
export type DecommissionPlan = z.infer<typeof DecommissionPlan>;

export const DecommissionReport = z.strictObject({
  ...reported('decommission'),
  instance: InstanceName,
  finalSet: SetId.optional(),
  setsKeptUntil: Instant,
  removed: z.array(z.string()),
});
export type DecommissionReport = z.infer<typeof DecommissionReport>;

export const decommissionContract = contract({
  type: 'decommission',
  kind: 'procedure',
  request: DecommissionRequest,
  report: DecommissionReport,
  example: { instance: 'sap', confirm: 'sap' },
  runbook: 'decommission',
});
