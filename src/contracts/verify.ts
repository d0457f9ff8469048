import { z } from 'zod';
import { EvidenceReference } from './evidence.ts';
import { InstanceName, SetChoice, SetId } from './ids.ts';
import { waitMinutes } from './lease.ts';
import { StoreRecord } from './manifest.ts';
import { contract, reported } from './procedure.ts';

export const VerifyRequest = z
  .strictObject({
    instance: InstanceName.optional().describe('The instance to look at; needed unless `set` is an id'),
    set: z
      .union([SetChoice, SetId])
      .optional()
      .describe(
        'Verify this set instead of the live instance: latest, random, least-recently-verified (for schedules), or an id',
      ),
    waitMinutes: waitMinutes(),
  })
  .refine((request) => request.instance !== undefined || SetId.safeParse(request.set).success, {
    message: 'name an instance, or a set by its id',
  })
  .describe('Looks at a live instance, or reads every stored byte of a set again.');
export type VerifyRequest = z.infer<typeof VerifyRequest>;

export const VerifyCheck = z.strictObject({ what: z.string(), ok: z.boolean(), seen: z.string() });
export type VerifyCheck = z.infer<typeof VerifyCheck>;

export const VerifyReport = z.strictObject({
  ...reported('verify'),
  instance: InstanceName,
  set: SetId.optional(),
  evidence: EvidenceReference.optional(),
  checks: z.array(VerifyCheck),
  stores: z.array(StoreRecord),
});
export type VerifyReport = z.infer<typeof VerifyReport>;

export const verifyContract = contract({
  type: 'verify',
  kind: 'procedure',
  request: VerifyRequest,
  report: VerifyReport,
  example: { instance: 'pharma' },
  runbook: 'verify',
});
