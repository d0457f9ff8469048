import { z } from 'zod';

const Counts = z.record(z.string(), z.int().nonnegative());

/** What a store holds, counted in the running store: what a restore must reproduce. */
export const StoreContents = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('neo4j'),
    nodes: z.int(),
    relationships: z.int(),
    labels: Counts,
    relationshipTypes: Counts,
    indexes: z.array(z.string()),
    constraints: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('qdrant'),
    collections: z.record(
      z.string(),
      z.strictObject({ points: z.int(), vectors: z.unknown(), payloadIndexes: z.array(z.string()) }),
    ),
    aliases: z.record(z.string(), z.string()),
  }),
  z.strictObject({ kind: z.literal('redis'), keys: z.int(), expiring: z.int() }),
  z.strictObject({ kind: z.literal('files'), files: z.int(), bytes: z.int(), digest: z.string() }),
]);
export type StoreContents = z.infer<typeof StoreContents>;
