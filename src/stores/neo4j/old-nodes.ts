import type { ManagedTransaction, Session } from 'neo4j-driver';
import type { DeletedNodes, OldNodeCounts, OldNodes } from '../care.ts';
import { cypherFailure, type GraphService, openSession, query, type Statement } from './cypher.ts';

/**
 * How many nodes one lookup finds, and how much one transaction deletes. Neo4j needs some 3 KiB for a relationship at
 * commit, and the application waits for a transaction that locks what the application wants to write.
 */
const lookup = 20_000;
const batch = { nodes: 500, relationships: 2_000 };
/** Longest time of one transaction, in milliseconds: most of it waits for other locks. */
const transactionMs = 60_000;

export async function countOldNodes(at: GraphService, nodes: OldNodes, signal: AbortSignal): Promise<OldNodeCounts> {
  const { label, property } = quoted(nodes);
  const [all, byType = []] = await query(
    at,
    'read',
    [
      { text: `MATCH (n:${label}) RETURN count(n) AS total` },
      {
        text: `MATCH (n:${label}) WHERE ${fits(nodes)}
          RETURN valueType(n.${property}) AS type, count(*) AS nodes, sum(CASE WHEN ${old(nodes)} THEN 1 ELSE 0 END) AS due`,
        parameters: parameters(nodes),
      },
    ],
    signal,
  );
  const sum = (pick: (row: Record<string, unknown>) => unknown) =>
    byType.reduce((total, row) => total + Number(pick(row)), 0);
  const types = byType.map((row): [string, number] => [String(row['type']).replace(' NOT NULL', ''), row['nodes']]);
  const { NULL: undated = 0, ...dateTypes } = Object.fromEntries(types);
  return {
    total: Number(all?.[0]?.['total']),
    matching: sum((row) => row['nodes']),
    due: sum((row) => row['due']),
    undated,
    dateTypes,
  };
}

/**
 * Looks up old nodes and deletes them, batch by batch, until none is found. No transaction is open while the caller
 * holds the generator, so the caller may stop at any batch.
 */
export async function* deleteOldNodes(
  at: GraphService,
  nodes: OldNodes,
  signal: AbortSignal,
): AsyncGenerator<DeletedNodes> {
  await using connection = openSession(at, 'write', signal);
  try {
    for (;;) {
      const found = await findOldNodes(connection.session, nodes);
      if (found.length === 0) return;
      for (const ids of batches(found)) {
        signal.throwIfAborted();
        yield await deleteBatch(connection.session, nodes, ids);
      }
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw cypherFailure(at, `delete nodes ${nodes.label}`, cause);
  }
}

interface Found {
  id: string;
  relationships: number;
}

async function findOldNodes(session: Session, nodes: OldNodes): Promise<Found[]> {
  const text = `MATCH (n:${quoted(nodes).label}) WHERE ${fits(nodes)} AND ${old(nodes)}
    RETURN elementId(n) AS id, COUNT { (n)--() } AS relationships LIMIT ${lookup}`;
  const { records } = await session.executeRead((transaction) => transaction.run(text, parameters(nodes)));
  return records.map((record) => record.toObject() as Found);
}

/** A node with too many relationships for one transaction is its own batch: it goes whole or stays whole. */
export function* batches(found: readonly Found[]): Generator<string[]> {
  let ids: string[] = [];
  let relationships = 0;
  for (const node of found) {
    const full = ids.length === batch.nodes || relationships + node.relationships > batch.relationships;
    if (full && ids.length > 0) {
      yield ids;
      [ids, relationships] = [[], 0];
    }
    ids.push(node.id);
    relationships += node.relationships;
  }
  if (ids.length > 0) yield ids;
}

/** The server's own driver repeats a transaction after a deadlock with the application. */
function deleteBatch(session: Session, nodes: OldNodes, ids: readonly string[]): Promise<DeletedNodes> {
  const work = async (transaction: ManagedTransaction) => {
    const statements = lockTestDelete(nodes, ids);
    await transaction.run(statements.lock.text, statements.lock.parameters);
    const { summary } = await transaction.run(statements.delete.text, statements.delete.parameters);
    await transaction.run(statements.unlock.text, statements.unlock.parameters);
    const { nodesDeleted, relationshipsDeleted } = summary.counters.updates();
    return { nodes: nodesDeleted ?? 0, relationships: relationshipsDeleted ?? 0 };
  };
  return session.executeWrite(work, { timeout: transactionMs, metadata: { by: 'drydock cleanup' } });
}

/**
 * Neo4j reads without locks: a node promoted between test and deletion would be lost. Setting a property first takes
 * the write lock, so the test's result stays true. The same transaction removes the property again.
 */
function lockTestDelete(nodes: OldNodes, ids: readonly string[]): Record<'lock' | 'delete' | 'unlock', Statement> {
  const node = 'UNWIND $ids AS id MATCH (n) WHERE elementId(n) = id';
  const test = `n:${quoted(nodes).label} AND ${fits(nodes)} AND ${old(nodes)}`;
  return {
    lock: { text: `${node} SET n.drydock_cleanup = true`, parameters: { ids } },
    delete: { text: `${node} AND ${test} DETACH DELETE n`, parameters: { ids, ...parameters(nodes) } },
    unlock: { text: `${node} REMOVE n.drydock_cleanup`, parameters: { ids } },
  };
}

/** Null, and so false, for values that are not dates with a time zone. */
function old(nodes: OldNodes): string {
  return `n.${quoted(nodes).property} < datetime($cutoff)`;
}

function fits({ where }: OldNodes): string {
  const names = Object.keys(where).map(inBackticks);
  return names.map((name) => `n.${name} = $where.${name}`).join(' AND ');
}

function parameters({ where, cutoff }: OldNodes): Record<string, unknown> {
  return { where, cutoff };
}

function quoted({ label, property }: OldNodes): { label: string; property: string } {
  return { label: inBackticks(label), property: inBackticks(property) };
}

function inBackticks(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
