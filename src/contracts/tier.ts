import { z } from 'zod';
import { InstanceName, Tier } from './ids.ts';
import { waitMinutes } from './lease.ts';
import { ScheduleChange } from './night.ts';
import { contract, reported } from './procedure.ts';

export const TierRequest = z
  .strictObject({
    instance: InstanceName,
    tier: Tier.describe('What is sold to the client from now on; it is kept in the record of the instance'),
    waitMinutes: waitMinutes(60),
  })
  .describe(
    'Changes the tier of an instance. Its schedules follow at once; retention, objectives and approvals from then on.',
  );

export const TierReport = z.strictObject({
  ...reported('changeTier'),
  instance: InstanceName,
  from: Tier,
  tier: Tier,
  /** Every schedule of the instance, including the unchanged ones. */
  schedules: z.array(ScheduleChange),
  /** Later consequences. */
  notes: z.array(z.string()),
});
export type TierReport = z.infer<typeof TierReport>;

export const changeTierContract = contract({
  type: 'changeTier',
  kind: 'procedure',
  request: TierRequest,
  report: TierReport,
  example: { instance: 'pharma', tier: 'premium' },
  runbook: 'tier',
});
