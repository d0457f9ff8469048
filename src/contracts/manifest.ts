import { z } from 'zod';
import { kinds } from '../stores/kinds.ts';
import { StoreContents } from './contents.ts';
import { LastDrill, VerificationLevel } from './evidence.ts';
import { BlueprintRef, HostName, Identity, Instant, ServiceName, SetId, Sha256 } from './ids.ts';

/** One file of a set. `stored` describes the object in the object store, `source` the tool's file. */
export const Artifact = z.strictObject({
  store: ServiceName.describe('Store of the artifact; `instance` for .env and the record'),
  name: z
    .string()
    .regex(/^[\w.-]+$/)
    .describe('File name as the tool of the store wrote it'),
  key: z.string().describe('Object key below the prefix of the bucket'),
  source: z.strictObject({ sizeBytes: z.int(), sha256: Sha256 }).describe('The file as the tool wrote it'),
  stored: z.strictObject({ sizeBytes: z.int(), sha256: Sha256 }).describe('The object as it lies in the object store'),
  compression: z.enum(['none', 'zstd']).describe('none when the file is compressed already'),
  encryption: z.enum(['none', 'age']),
});
export type Artifact = z.infer<typeof Artifact>;

export const SetReason = z.enum(['requested', 'scheduled', 'safety']);
export type SetReason = z.infer<typeof SetReason>;

/** The field that makes a set a capture; src/model/sets/whole-sets.ts reads no other. */
export const withoutStores = z
  .array(ServiceName)
  .min(1)
  .describe(
    'Stores of the blueprint that the set leaves out: the set is then a capture, and a restore needs a whole set beside it. Absent in a whole set',
  );

/** The proof that a captured store was readable before the set was committed. */
export const ArtifactCheck = z.strictObject({
  store: ServiceName,
  tool: z.string().describe('Tool that checked the artifact'),
  result: z.string().describe('What the tool said'),
});
export type ArtifactCheck = z.infer<typeof ArtifactCheck>;

export const StoreRecord = z.strictObject({
  store: ServiceName,
  kind: z.enum(kinds.map(({ name }) => name)),
  version: z.string().describe('Version of the engine; a restore refuses an older engine'),
  unavailableMs: z
    .int()
    .describe('How long the store could not be read while it was captured, in milliseconds; 0 for a hot capture'),
  contents: StoreContents.describe('Contents of the store, which a restore must reproduce'),
});
export type StoreRecord = z.infer<typeof StoreRecord>;

/** `manifest.json`: written last. A set exists when its manifest exists, which holds all a restore needs to decide. */
export const Manifest = z
  .strictObject({
    format: z.literal('drydock-set/1'),
    set: SetId,
    ...Identity.shape,
    host: HostName,
    reason: SetReason.describe('Why the set was made'),
    createdAt: Instant.describe('When the backup was planned, in UTC'),
    blueprint: z.strictObject({ ref: BlueprintRef, digest: Sha256 }).describe('The blueprint the instance ran'),
    images: z
      .record(ServiceName, z.string())
      .describe('Image and image id of every store and of every service of the release'),
    barrier: z
      .strictObject({ from: Instant, to: Instant })
      .optional()
      .describe('The time in which nothing wrote; absent in a capture that stopped no writer'),
    encryption: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('age'), recipients: z.array(z.string()).min(1) }),
      z.strictObject({ kind: z.literal('none') }),
    ]),
    withoutStores: withoutStores.optional(),
    leftOut: z
      .array(z.string())
      .describe('Left out of the set on purpose: .env when the set is not encrypted, or is a capture'),
    stores: z.array(StoreRecord).describe('Every store and its contents'),
    artifacts: z.array(Artifact).describe('Every file of the set'),
    checks: z.array(ArtifactCheck).describe('How each captured store was proven readable before the set was committed'),
    tools: z.record(z.string(), z.string()).describe('Versions of the tools that made the set'),
  })
  .refine(({ barrier, withoutStores: without }) => barrier !== undefined || without !== undefined, {
    path: ['barrier'],
    message: 'a set of all stores has the time in which nothing wrote',
  });
export type Manifest = z.infer<typeof Manifest>;

/** One line of `drydock sets`. */
export const SetSummary = Identity.extend({
  set: SetId,
  reason: SetReason,
  createdAt: Instant,
  blueprint: BlueprintRef,
  sizeBytes: z.int(),
  encrypted: z.boolean(),
  /** The stores of the set, in the order of capture. */
  stores: z.array(ServiceName).default([]),
  withoutStores: withoutStores.optional(),
  /**
   * When every byte was last read again and matched, by a verification or a drill; absent when only the backup read the
   * set, or when the set was found bad since.
   */
  verifiedAt: Instant.optional(),
  /** When a drill last brought the set up; absent in the same cases as `verifiedAt`. */
  drilledAt: Instant.optional(),
  level: VerificationLevel.default('captured'),
  lastDrill: LastDrill.optional(),
  /** Problems of the evidence itself: a broken chain, a record about another manifest. */
  evidenceProblems: z.array(z.string()).default([]),
});
export type SetSummary = z.infer<typeof SetSummary>;
