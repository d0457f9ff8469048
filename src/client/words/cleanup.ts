import type {
  CleanupReport,
  NodeCounts,
  OldNodesReport,
  VectorSpace,
  VectorSpaceReport,
} from '../../contracts/cleanup.ts';
import { readableBytes } from '../../model/words/bytes.ts';

export function describeCleanup(report: CleanupReport): string {
  const lines = report.what === 'proto-kg' ? describeNodes(report) : describeSpace(report);
  const left = report.outcome === 'partial' ? report.left.map((what) => `left for the next run: ${what}`) : [];
  return [...lines, ...left].join('\n');
}

function describeNodes({ instance, outcome, label, cutoff, before, after, deleted }: OldNodesReport): string[] {
  if (outcome === 'planned') {
    return [`${instance}: ${before.due} nodes ${label} from before ${cutoff} would go`, `  now: ${counted(before)}`];
  }
  const { nodes, relationships, transactions } = deleted;
  return [
    `${instance}: deleted ${nodes} nodes ${label} from before ${cutoff} and ${relationships} relationships in ${transactions} transactions`,
    `  before: ${counted(before)}`,
    `  after: ${counted(after)}`,
  ];
}

function counted({ total, matching, due, undated }: NodeCounts): string {
  const without = undated === 0 ? '' : `, ${undated} without a date`;
  return `${total} nodes, ${matching} candidates, ${due} of these old${without}`;
}

function describeSpace({ instance, outcome, store, collections, freedBytes }: VectorSpaceReport): string[] {
  const head = outcome === 'planned' ? 'nothing was changed' : `freed ${readableBytes(Math.max(0, freedBytes))}`;
  const rows = collections.map(({ before, after }) => {
    const now = outcome === 'planned' ? '' : `, now ${used(after)}`;
    const due = before.segmentsDue === 0 ? ' (not worth the work)' : '';
    return `  ${before.collection}: ${used(before)}${due}${now}`;
  });
  return [`${instance}: ${head} in ${store}`, ...rows];
}

function used({ points, deletedPoints, deletedShare, sizeBytes }: VectorSpace): string {
  const share = `${(100 * deletedShare).toFixed(1)} %`;
  return `${points} points and ${deletedPoints} deleted ones (${share}) in ${readableBytes(sizeBytes)}`;
}
