import type {
  DeletedNodes,
  NodeCounts,
  OldNodesPlan,
  OldNodesReport,
  VectorSpace,
  VectorSpacePlan,
  VectorSpaceReport,
} from '../../contracts/cleanup.ts';

type WithoutSteps<Report> = Omit<Report, 'procedure' | 'steps'>;

/** What a cleanup of old nodes reports at its end. A dry run deletes nothing and reports what is due. */
export function reportOldNodes(
  plan: OldNodesPlan,
  after: NodeCounts,
  deleted: DeletedNodes = { nodes: 0, relationships: 0, transactions: 0 },
): WithoutSteps<OldNodesReport> {
  const { what, instance, store, label, cutoff, counts: before } = plan;
  const left = after.due === 0 ? [] : [`${after.due} nodes ${label} from before ${cutoff}`];
  return { what, instance, outcome: outcomeOf(plan, left), store, left, label, cutoff, before, after, deleted };
}

/** What a reclaim reports at its end: every collection before and after. */
export function reportVectorSpace(
  plan: VectorSpacePlan,
  after: readonly VectorSpace[],
): WithoutSteps<VectorSpaceReport> {
  const { what, instance, store } = plan;
  const collections = plan.collections.flatMap((before) => {
    const now = after.find(({ collection }) => collection === before.collection);
    return now === undefined ? [] : [{ before, after: now }]; // A collection removed meanwhile has nothing to compare.
  });
  const left = collections
    .filter(({ after: { segmentsDue } }) => segmentsDue > 0)
    .map(({ after: { collection, deletedPoints } }) => `${deletedPoints} deleted points in collection ${collection}`);
  const freedBytes = collections.reduce((sum, { before, after: now }) => sum + before.sizeBytes - now.sizeBytes, 0);
  return { what, instance, outcome: outcomeOf(plan, left), store, left, collections, freedBytes };
}

function outcomeOf({ dryRun }: { dryRun: boolean }, left: readonly string[]): 'done' | 'partial' | 'planned' {
  if (dryRun) return 'planned';
  return left.length === 0 ? 'done' : 'partial';
}
