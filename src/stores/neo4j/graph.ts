import { DrydockError } from '../../errors.ts';
import { type GraphService, query, type Statement } from './cypher.ts';
import type { GraphContents } from './kind.ts';

/** Every count has a form that Neo4j answers from its count store: exact, and instant at any size of graph. */
export async function countGraph(at: GraphService): Promise<GraphContents> {
  const names = await query(at, 'read', [
    { text: 'MATCH (n) RETURN count(n) AS value' },
    { text: 'MATCH ()-[r]->() RETURN count(r) AS value' },
    { text: 'CALL db.labels() YIELD label AS value' },
    { text: 'CALL db.relationshipTypes() YIELD relationshipType AS value' },
    { text: 'SHOW INDEXES YIELD name AS value' },
    { text: 'SHOW CONSTRAINTS YIELD name AS value' },
  ]);
  const [nodes, relationships, labels, types, indexes, constraints] = names.map((rows) =>
    rows.map((row) => row['value']),
  );
  return {
    kind: 'neo4j',
    nodes: nodes?.[0],
    relationships: relationships?.[0],
    labels: await countEach(at, labels, (label) => `MATCH (n:${label}) RETURN count(n) AS value`),
    relationshipTypes: await countEach(at, types, (type) => `MATCH ()-[r:${type}]->() RETURN count(r) AS value`),
    indexes: (indexes ?? []).sort(),
    constraints: (constraints ?? []).sort(),
  };
}

export async function awaitIndexes(at: GraphService, limitSeconds: number): Promise<void> {
  const [, rows] = await query(at, 'read', [
    { text: 'CALL db.awaitIndexes($limitSeconds)', parameters: { limitSeconds: BigInt(limitSeconds) } },
    { text: "SHOW INDEXES YIELD name, state WHERE state <> 'ONLINE' RETURN name, state" },
  ]);
  if (rows === undefined || rows.length === 0) return;
  throw new DrydockError(
    'unhealthy',
    `wait for the indexes of store ${at.store} of ${at.instance}: not all are online`,
    {
      problems: rows.map((row) => `${row['name']} is ${row['state']}`),
    },
  );
}

/** Unlike a fresh store, Neo4j keeps the names of unused labels: only labels in use are counted. */
async function countEach(
  at: GraphService,
  names: readonly string[] = [],
  count: (quoted: string) => string,
): Promise<Record<string, number>> {
  const sorted = [...names].sort();
  const statements: Statement[] = sorted.map((name) => ({ text: count(`\`${name.replaceAll('`', '``')}\``) }));
  const counts = await query(at, 'read', statements);
  const entries = sorted.map((name, index): [string, number] => [name, counts[index]?.[0]?.['value'] ?? 0]);
  return Object.fromEntries(entries.filter(([, value]) => value > 0));
}
