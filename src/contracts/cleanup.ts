import { z } from 'zod';
import { cares } from '../stores/kinds.ts';
import { OldNodesSpec } from '../stores/neo4j/kind.ts';
import { Generation, HostName, InstanceName, Instant, ServiceName, Sha256 } from './ids.ts';
import { waitMinutes } from './lease.ts';
import { contract, reported } from './procedure.ts';

export const CleanupRequest = z
  .strictObject({
    instance: InstanceName,
    what: z
      .enum(cares.map(({ what }) => what))
      .describe(cares.map(({ what, words }) => `${what}: ${words}`).join('. ')),
    dryRun: z.boolean().default(false).describe('true: only count what would go, and change nothing'),
    untilAt: Instant.optional().describe(
      'When the window ends: the rest stays for the next run, and the outcome is partial',
    ),
    waitMinutes: waitMinutes().describe(
      'How long to wait for another procedure to finish, in minutes, and never beyond `untilAt`; then the run fails and names the holder',
    ),
  })
  .describe('Removes what an instance no longer needs: old nodes of a graph, or the space of deleted points.');
export type CleanupRequest = z.infer<typeof CleanupRequest>;

/** Nodes of the label: all, those that fit the blueprint's `where`, the old ones of these, and those without a date. */
export const NodeCounts = z.strictObject({ total: z.int(), matching: z.int(), due: z.int(), undated: z.int() });
export type NodeCounts = z.infer<typeof NodeCounts>;

/** Deletions so far. */
export const DeletedNodes = z.strictObject({ nodes: z.int(), relationships: z.int(), transactions: z.int() });
export type DeletedNodes = z.infer<typeof DeletedNodes>;

/** The space of a collection, and how much of it deleted points take. */
export const VectorSpace = z.strictObject({
  collection: z.string(),
  points: z.int(),
  deletedPoints: z.int(),
  /** Deleted share of the points in its segments: 0 to 1. */
  deletedShare: z.number(),
  /** Segments with a deleted share worth the work. */
  segmentsDue: z.int(),
  /** All of the collection on disk. */
  sizeBytes: z.int(),
});
export type VectorSpace = z.infer<typeof VectorSpace>;

const planned = {
  instance: InstanceName,
  host: HostName,
  generation: Generation,
  dryRun: z.boolean(),
  untilAt: Instant.optional(),
  hash: Sha256,
};

export const OldNodesPlan = z.strictObject({
  what: z.literal('proto-kg'),
  ...planned,
  ...OldNodesSpec.omit({ olderThan: true }).shape,
  /** Nodes before this moment are old. Fixed here, so that every attempt and every batch means the same nodes. */
  cutoff: Instant,
  counts: NodeCounts,
});
export type OldNodesPlan = z.infer<typeof OldNodesPlan>;

export const VectorSpacePlan = z.strictObject({
  what: z.literal('qdrant'),
  ...planned,
  store: ServiceName,
  deletedShare: z.number(),
  /** Every collection; those with a due segment are worked on, in this order. */
  collections: z.array(VectorSpace),
});
export type VectorSpacePlan = z.infer<typeof VectorSpacePlan>;

export const CleanupPlan = z.discriminatedUnion('what', [OldNodesPlan, VectorSpacePlan]);
export type CleanupPlan = z.infer<typeof CleanupPlan>;

const common = {
  ...reported('cleanup'),
  instance: InstanceName,
  /** `planned`: a dry run. `partial`: the window ended; `left` counts the work for the next run. */
  outcome: z.enum(['done', 'partial', 'planned']),
  store: ServiceName,
  left: z.array(z.string()),
};

export const OldNodesReport = z.strictObject({
  what: z.literal('proto-kg'),
  ...common,
  label: z.string(),
  /** Nodes before this moment were old. */
  cutoff: Instant,
  before: NodeCounts,
  after: NodeCounts,
  deleted: DeletedNodes,
});
export type OldNodesReport = z.infer<typeof OldNodesReport>;

export const VectorSpaceReport = z.strictObject({
  what: z.literal('qdrant'),
  ...common,
  collections: z.array(z.strictObject({ before: VectorSpace, after: VectorSpace })),
  freedBytes: z.int(),
});
export type VectorSpaceReport = z.infer<typeof VectorSpaceReport>;

export const CleanupReport = z.discriminatedUnion('what', [OldNodesReport, VectorSpaceReport]);
export type CleanupReport = z.infer<typeof CleanupReport>;

export const cleanupContract = contract({
  type: 'cleanup',
  kind: 'procedure',
  request: CleanupRequest,
  report: CleanupReport,
  example: { instance: 'pharma', what: 'proto-kg' },
  runbook: 'cleanup',
});
