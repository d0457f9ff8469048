import { z } from 'zod';
import { EvidenceReference } from './evidence.ts';
import { HostName, InstanceName, SetChoice, SetId } from './ids.ts';
import { waitMinutes } from './lease.ts';
import { contract, reported } from './procedure.ts';
import { ContentsComparison, DrillPurpose, RestorePlan } from './restore.ts';
import { VerifyCheck } from './verify.ts';

export const DrillRequest = z
  .strictObject({
    instance: InstanceName,
    set: z
      .union([SetChoice.extract(['latest', 'random']), SetId])
      .default('latest')
      .describe('Which set: latest, random (a verified one, if there is one), or an id'),
    waitMinutes: waitMinutes(),
  })
  .describe(
    'Brings a set up in a throw-away place, release and all, proves that it works, and removes everything again.',
  );

export const DrillPlan = RestorePlan.extend({ purpose: DrillPurpose });
export type DrillPlan = z.infer<typeof DrillPlan>;

export const DrillReport = z.strictObject({
  ...reported('drill'),
  instance: InstanceName,
  host: HostName,
  set: SetId,
  sizeBytes: z.int(),
  /** From the first fetched byte to a release that answers, in milliseconds: the duration of such a restore. */
  recoveryMs: z.int(),
  comparisons: z.array(ContentsComparison),
  checks: z.array(VerifyCheck),
  /** Things confirmed absent after the removal. */
  removed: z.array(z.string()),
  evidence: EvidenceReference,
});
export type DrillReport = z.infer<typeof DrillReport>;

export const drillContract = contract({
  type: 'drill',
  kind: 'procedure',
  request: DrillRequest,
  report: DrillReport,
  example: { instance: 'pharma' },
  runbook: 'drill',
});
