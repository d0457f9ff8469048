import { z } from 'zod';
import { BlueprintRef, Identity, InstanceId, InstanceName, Instant, ServiceName, SetId, Sha256, Tier } from './ids.ts';
import { waitMinutes } from './lease.ts';
import { contract, reported } from './procedure.ts';
import { RetentionRules } from './retention-rules.ts';

export const RetentionRequest = z
  .strictObject({
    instance: InstanceName.describe('The instance; it may be decommissioned'),
    id: InstanceId.optional().describe('Its id, where several instances had the name; without it the one that lives'),
    dryRun: z.boolean().default(false).describe('Makes the plan and reports it with every reason; nothing is deleted'),
    waitMinutes: waitMinutes(),
  })
  .describe('Deletes recovery sets that no rule keeps, and the remains of unfinished backups in the bucket.');
export type RetentionRequest = z.infer<typeof RetentionRequest>;

/** `decommissioned.json`: the promise made when an instance was removed. */
export const Tombstone = z.strictObject({
  format: z.literal('drydock-tombstone/1'),
  ...Identity.shape,
  decommissionedAt: Instant,
  keepSetsUntil: Instant,
});
export type Tombstone = z.infer<typeof Tombstone>;

/** One of the instances that have or had a name, and what is known of it. */
export const Life = Identity.extend({
  /** `lives`: Temporal knows it. Otherwise what the bucket says: it was removed, or it has sets, or only a journal. */
  known: z.enum(['lives', 'removed', 'has sets', 'has a journal']),
  removedAt: Instant.optional(),
  keepSetsUntil: Instant.optional(),
});
export type Life = z.infer<typeof Life>;

/** The basis for the life of sets: the rules of a living instance, or the promise made at its removal. */
export const RetentionBasis = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('living'),
    tier: Tier,
    /** Stores of its blueprint: a set must hold them to bring the instance back. */
    stores: z.array(ServiceName),
    rules: RetentionRules,
    /** The release before the last upgrade, while kept for the way back. */
    previous: z.strictObject({ ref: BlueprintRef, digest: Sha256, keepUntil: Instant }).optional(),
  }),
  z.strictObject({ kind: z.literal('decommissioned'), rules: RetentionRules }),
]);
export type RetentionBasis = z.infer<typeof RetentionBasis>;

const Verdict = z.enum(['keep', 'delete']);

/** One recovery set, and every reason to keep it, or why it goes. */
export const SetDecision = z.strictObject({
  set: SetId,
  createdAt: Instant,
  verifiedAt: Instant.optional(),
  objects: z.int(),
  sizeBytes: z.int().describe('Size of all objects below the set, in bytes'),
  verdict: Verdict,
  reasons: z.array(z.string()).min(1),
});
export type SetDecision = z.infer<typeof SetDecision>;

/** Objects of a set that does not exist: artifacts without a manifest, or an unfinished upload. */
export const OrphanDecision = z.strictObject({
  set: SetId,
  kind: z.enum(['artifacts', 'upload']),
  /** Key of an upload. */
  key: z.string().optional(),
  uploadId: z.string().optional(),
  objects: z.int(),
  sizeBytes: z.int(),
  verdict: Verdict,
  reasons: z.array(z.string()).min(1),
});
export type OrphanDecision = z.infer<typeof OrphanDecision>;

/** Something below the sets that is not provably ours: reported, never touched. */
export const LeftAlone = z.strictObject({ what: z.string(), why: z.string(), sizeBytes: z.int() });
export type LeftAlone = z.infer<typeof LeftAlone>;

export const RetentionPlan = Identity.extend({
  life: z.enum(['living', 'decommissioned']),
  /** The rules in words. */
  rules: z.array(z.string()),
  /** Newest first. */
  sets: z.array(SetDecision),
  orphans: z.array(OrphanDecision),
  /** The first hundred; `leftAloneCount` counts all. */
  leftAlone: z.array(LeftAlone),
  leftAloneCount: z.int(),
  deleteSets: z.int(),
  deleteBytes: z.int(),
  keepBytes: z.int(),
  /** What the bucket does with deleted objects, as far as known. */
  notes: z.array(z.string()),
  hash: Sha256,
});
export type RetentionPlan = z.infer<typeof RetentionPlan>;

/** The fate of one set or orphan that was due. */
export const Removal = z.strictObject({
  what: z.string(),
  /** `kept`: it came into use since the plan. `refused`: the bucket forbade the removal, and it is whole. */
  outcome: z.enum(['removed', 'partly-removed', 'refused', 'kept']),
  removedBytes: z.int(),
  problems: z.array(z.string()),
});
export type Removal = z.infer<typeof Removal>;

export const RetentionReport = z.strictObject({
  ...reported('retention'),
  instance: InstanceName,
  /** `partial`: something due is still there, and `removals` tells why. */
  outcome: z.enum(['planned', 'done', 'partial']),
  plan: RetentionPlan,
  removals: z.array(Removal),
  removedBytes: z.int(),
});
export type RetentionReport = z.infer<typeof RetentionReport>;

export const retentionContract = contract({
  type: 'retention',
  kind: 'procedure',
  request: RetentionRequest,
  report: RetentionReport,
  example: { instance: 'pharma', dryRun: true },
  runbook: 'retention',
});
