import { z } from 'zod';
import { forStore, inVolume, migrationOf, RelativePath } from '../../contracts/blueprint-parts.ts';
import { ServiceName, VariableName } from '../../contracts/ids.ts';
import { differences } from '../differences.ts';
import type { StoreKind } from '../kind.ts';

const spec = z.strictObject({
  kind: z.literal('qdrant'),
  ...inVolume,
  apiKeyFrom: VariableName.optional().describe('Secret variable that holds the API key'),
});
export type VectorSpec = z.infer<typeof spec>;

const contents = z.strictObject({
  kind: z.literal('qdrant'),
  collections: z.record(
    z.string(),
    z.strictObject({ points: z.int(), vectors: z.unknown(), payloadIndexes: z.array(z.string()) }),
  ),
  aliases: z.record(z.string(), z.string()),
});
export type VectorContents = z.infer<typeof contents>;

/** Deleted points that still take space. */
export const VectorSpaceSpec = z.strictObject({
  store: ServiceName.describe('A qdrant store'),
  deletedShare: z
    .number()
    .min(0.01)
    .max(0.95)
    .default(0.05)
    .describe('Share of deleted points at which a segment is rewritten, between 0.01 and 0.95'),
});
export type VectorSpaceSpec = z.infer<typeof VectorSpaceSpec>;

export const qdrant = {
  name: 'qdrant',
  spec,
  contents,
  frozen: 'behind-barrier',
  script: {
    key: 'qdrant',
    init: z.strictObject({ qdrant: RelativePath.describe('JSON file of collections and aliases'), ...forStore }),
    migration: z.strictObject({
      ...migrationOf,
      qdrant: RelativePath.describe('JSON file of requests to Qdrant, in order'),
      ...forStore,
    }),
  },
  care: {
    what: 'qdrant',
    section: {
      qdrant: VectorSpaceSpec.optional().describe('Space of deleted points: `drydock cleanup NAME qdrant`'),
    },
    removes: 'deleted points',
    words: 'space of deleted points',
    every: 'week',
  },

  secretOf: ({ apiKeyFrom }) => apiKeyFrom,
  differences,
  describe: ({ collections }) =>
    Object.entries(collections)
      .map(([name, { points }]) => `${points} points in ${name}`)
      .join(', ') || 'no collections',
  upgradeRefusal: (from, to) =>
    to.major === from.major && to.minor <= from.minor + 1
      ? undefined
      : 'Qdrant is upgraded one minor version at a time',
} as const satisfies StoreKind<VectorSpec, VectorContents>;
