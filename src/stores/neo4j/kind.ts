import { z } from 'zod';
import { forStore, inVolume, migrationOf, RelativePath } from '../../contracts/blueprint-parts.ts';
import { Duration, ServiceName, VariableName } from '../../contracts/ids.ts';
import { differences } from '../differences.ts';
import type { StoreKind } from '../kind.ts';

const Counts = z.record(z.string(), z.int().nonnegative());
const Name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a name of a–z, 0–9 and _');

const spec = z.strictObject({
  kind: z.literal('neo4j'),
  ...inVolume,
  database: z.string().default('neo4j').describe('Database that Drydock dumps, loads and counts'),
  user: z.string().default('neo4j').describe('User that Drydock logs in as'),
  passwordFrom: VariableName.describe('Secret variable that holds the password'),
});
export type GraphSpec = z.infer<typeof spec>;

const contents = z.strictObject({
  kind: z.literal('neo4j'),
  nodes: z.int(),
  relationships: z.int(),
  labels: Counts,
  relationshipTypes: Counts,
  indexes: z.array(z.string()),
  constraints: z.array(z.string()),
});
export type GraphContents = z.infer<typeof contents>;

const question = z.strictObject({
  cypher: z.string().describe('Statement that returns one number'),
  store: ServiceName.describe('A neo4j store'),
  atLeast: z.number().describe('The smallest number that passes'),
});

/** Nodes that nobody needs once they are old. */
export const OldNodesSpec = z.strictObject({
  store: ServiceName.describe('A neo4j store'),
  label: Name.describe('Label of the nodes'),
  property: Name.describe(
    'Property with the time at which a node was made; a ZONED DATETIME of Neo4j, or cleanup refuses',
  ),
  olderThan: Duration.describe('Age at which cleanup deletes a node, such as 7d'),
  where: z
    .record(Name, z.union([z.string(), z.number(), z.boolean()]))
    .refine((where) => Object.keys(where).length > 0, 'must name at least one property')
    .describe('Properties and the value that each must have; cleanup deletes no other node'),
});
export type OldNodesSpec = z.infer<typeof OldNodesSpec>;

export const neo4j = {
  name: 'neo4j',
  spec,
  contents,
  frozen: 'behind-barrier',
  script: {
    key: 'cypher',
    init: z.strictObject({
      cypher: RelativePath.describe('File of Cypher statements; they must be safe to repeat'),
      ...forStore,
    }),
    migration: z.strictObject({
      ...migrationOf,
      cypher: RelativePath.describe('File of Cypher statements'),
      ...forStore,
    }),
  },
  question: { key: 'cypher', step: question },
  care: {
    what: 'proto-kg',
    section: {
      protoKg: OldNodesSpec.optional().describe(
        'Nodes that were proposed and never promoted: `drydock cleanup NAME proto-kg`',
      ),
    },
    removes: 'old nodes',
    words: 'nodes that were proposed and never promoted',
    every: 'day',
  },

  secretOf: ({ passwordFrom }) => passwordFrom,
  differences,
  describe: ({ nodes, relationships }) => `${nodes} nodes, ${relationships} relationships`,
  upgradeRefusal: (from, to) => (to.major === from.major ? undefined : 'Neo4j is only upgraded inside a major version'),
} as const satisfies StoreKind<GraphSpec, GraphContents>;
