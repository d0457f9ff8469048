import { z } from 'zod';
import { Duration, ServiceName } from './ids.ts';

const Name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a name of a–z, 0–9 and _');

/** Nodes that nobody needs any more when they have grown old. */
export const OldNodesSpec = z.strictObject({
  store: ServiceName.describe('A neo4j store'),
  label: Name.describe('Label of the nodes'),
  property: Name.describe(
    'Property that says since when a node is there; a ZONED DATETIME of Neo4j, or cleanup refuses',
  ),
  olderThan: Duration.describe('Age from which on a node goes, such as 7d'),
  where: z
    .record(Name, z.union([z.string(), z.number(), z.boolean()]))
    .refine((where) => Object.keys(where).length > 0, 'must name at least one property')
    .describe('Properties and the value each must have: every other node stays'),
});
export type OldNodesSpec = z.infer<typeof OldNodesSpec>;

/** Points that were deleted, and still take space. */
export const VectorSpaceSpec = z.strictObject({
  store: ServiceName.describe('A qdrant store'),
  deletedShare: z
    .number()
    .min(0.01)
    .max(0.95)
    .default(0.05)
    .describe('Share of deleted points from which on a segment is written anew, between 0.01 and 0.95'),
});
export type VectorSpaceSpec = z.infer<typeof VectorSpaceSpec>;

/** The section `cleanup` of a blueprint. */
export const CleanupSpec = z.strictObject({
  protoKg: OldNodesSpec.optional().describe(
    'Nodes that were proposed and never promoted: `drydock cleanup NAME proto-kg`',
  ),
  qdrant: VectorSpaceSpec.optional().describe('Space of deleted points: `drydock cleanup NAME qdrant`'),
});
export type CleanupSpec = z.infer<typeof CleanupSpec>;
