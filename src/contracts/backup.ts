import { z } from 'zod';
import {
  BlueprintRef,
  Colour,
  Generation,
  HostName,
  Identity,
  InstanceName,
  Instant,
  ServiceName,
  SetId,
  Sha256,
} from './ids.ts';
import { waitMinutes } from './lease.ts';
import { SetReason, StoreRecord, withoutStores } from './manifest.ts';
import { contract, reported } from './procedure.ts';

export const BackupRequest = z
  .strictObject({
    instance: InstanceName,
    reason: SetReason.default('requested').describe('Why the set is made; the manifest keeps it'),
    stores: z
      .array(ServiceName)
      .min(1)
      .optional()
      .describe(
        'Capture only these stores of the blueprint; a restore can use the capture beside a whole set. Without it a whole set is taken, of all stores',
      ),
    waitMinutes: waitMinutes(),
  })
  .describe('Takes a recovery set of an instance.');
export type BackupRequest = z.infer<typeof BackupRequest>;

export const BackupPlan = Identity.extend({
  set: SetId,
  host: HostName,
  reason: SetReason,
  createdAt: Instant,
  project: z.string(),
  blueprint: z.strictObject({ ref: BlueprintRef, digest: Sha256 }),
  colour: Colour,
  generation: Generation,
  /** Stores in the order of their capture. */
  stores: z.array(ServiceName),
  withoutStores: withoutStores.optional(),
  /** `go on`: each store is captured at its own moment and records its contents of that moment. */
  writes: z.enum(['stopped', 'go on']),
  writers: z.array(ServiceName),
  images: z.record(ServiceName, z.string()),
  recipients: z.array(z.string()),
  leftOut: z.array(z.string()),
  /** Directory below `.drydock/staging` for all files of this run. */
  staging: z.string(),
  stagingBytes: z.int(),
  hash: Sha256,
});
export type BackupPlan = z.infer<typeof BackupPlan>;

export const BackupReport = z.strictObject({
  ...reported('backup'),
  instance: InstanceName,
  set: SetId,
  sizeBytes: z.int(),
  /** How long nothing wrote, in milliseconds; 0 for a capture that stopped nothing. */
  barrierMs: z.int(),
  stores: z.array(StoreRecord),
  withoutStores: withoutStores.optional(),
});
export type BackupReport = z.infer<typeof BackupReport>;

export const backupContract = contract({
  type: 'backup',
  kind: 'procedure',
  request: BackupRequest,
  report: BackupReport,
  example: { instance: 'pharma' },
  runbook: 'backup',
});
