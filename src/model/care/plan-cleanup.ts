import type { Blueprint } from '../../contracts/blueprint.ts';
import type {
  CleanupRequest,
  NodeCounts,
  OldNodesPlan,
  VectorSpace,
  VectorSpacePlan,
} from '../../contracts/cleanup.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import { DrydockError } from '../../errors.ts';
import type { OldNodesSpec } from '../../stores/neo4j/kind.ts';
import type { VectorSpaceSpec } from '../../stores/qdrant/kind.ts';
import type { StoreHealth } from '../sets/plan-backup.ts';
import { readableBytes } from '../words/bytes.ts';
import { durationMs } from '../words/duration.ts';

/** The only type of graph values that names a moment by itself. */
const dateType = 'ZONED DATETIME';

interface Observation {
  record: InstanceRecord;
  health: StoreHealth;
}

/** `counts` is absent when the store did not answer; `dateTypes` counts matching nodes by the type of their date. */
interface OldNodesObservation extends Observation {
  counts: (NodeCounts & { dateTypes: Readonly<Record<string, number>> }) | undefined;
  /** The reason of a read-only hold, if there is one. */
  readOnlyFor: string | undefined;
}

interface VectorSpaceObservation extends Observation {
  spaces: VectorSpace[] | undefined;
  /** Free bytes in the file system of the volumes. */
  diskFreeBytes: number;
}

/** The blueprint's rule for old nodes; `refused` when it has none. */
export function oldNodesSpec(blueprint: Blueprint, request: CleanupRequest): OldNodesSpec {
  return blueprint.cleanup.protoKg ?? refuse(request, [notDeclared(blueprint, 'protoKg')]);
}

export function vectorSpaceSpec(blueprint: Blueprint, request: CleanupRequest): VectorSpaceSpec {
  return blueprint.cleanup.qdrant ?? refuse(request, [notDeclared(blueprint, 'qdrant')]);
}

/** Nodes with an earlier date are old. */
export function cutoffOf(spec: OldNodesSpec, now: Date): string {
  return new Date(now.getTime() - durationMs(spec.olderThan)).toISOString();
}

/** Chooses the nodes to delete, or refuses with every reason. */
export function planOldNodes(
  request: CleanupRequest,
  spec: OldNodesSpec,
  cutoff: string,
  observed: OldNodesObservation,
): Omit<OldNodesPlan, 'hash'> {
  const { counts, readOnlyFor } = observed;
  const problems = [
    ...healthProblems(spec.store, observed.health),
    ...(readOnlyFor === undefined || request.dryRun ? [] : [`the instance is kept read-only: ${readOnlyFor}`]),
    ...(counts === undefined ? [] : dateProblems(spec, counts)),
  ];
  if (counts === undefined || problems.length > 0) return refuse(request, problems);
  const { total, matching, due, undated } = counts;
  const { olderThan: _, ...nodes } = spec;
  return {
    what: 'proto-kg',
    ...common(request, observed),
    ...nodes,
    cutoff,
    counts: { total, matching, due, undated },
  };
}

/** Chooses the collections to work on, or refuses with every reason. */
export function planVectorSpace(
  request: CleanupRequest,
  spec: VectorSpaceSpec,
  observed: VectorSpaceObservation,
): Omit<VectorSpacePlan, 'hash'> {
  const { spaces, diskFreeBytes } = observed;
  const problems = [
    ...healthProblems(spec.store, observed.health),
    ...collectionsDue({ collections: spaces ?? [] })
      .filter(({ sizeBytes }) => sizeBytes > diskFreeBytes)
      .map(
        ({ collection, sizeBytes }) =>
          `collection ${collection} is rewritten beside itself, which needs up to ${readableBytes(sizeBytes)}; ${readableBytes(diskFreeBytes)} are free`,
      ),
  ];
  if (spaces === undefined || problems.length > 0) return refuse(request, problems);
  return {
    what: 'qdrant',
    ...common(request, observed),
    store: spec.store,
    deletedShare: spec.deletedShare,
    collections: spaces,
  };
}

/** Collections with a segment worth reclaiming. */
export function collectionsDue({ collections }: Pick<VectorSpacePlan, 'collections'>): VectorSpace[] {
  return collections.filter(({ segmentsDue }) => segmentsDue > 0);
}

function common({ instance, dryRun, untilAt }: CleanupRequest, { record }: Observation) {
  const { host, generation } = record;
  return { instance, host, generation, dryRun, untilAt };
}

/** Cypher compares a date with text or a number as null: nothing would be deleted, as if nothing were due. */
function dateProblems(
  { label, property, where }: OldNodesSpec,
  { matching, undated, dateTypes }: NonNullable<OldNodesObservation['counts']>,
): string[] {
  const nodes = `of ${matching} nodes ${label} with ${Object.entries(where)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}`;
  const strange = Object.entries(dateTypes)
    .filter(([type]) => type !== dateType)
    .map(([type, count]) => `${count} ${nodes} have a ${property} of type ${type}, and not ${dateType}`);
  return matching > 0 && undated === matching ? [...strange, `none ${nodes} has a ${property}`] : strange;
}

function healthProblems(store: string, health: StoreHealth): string[] {
  return health === 'healthy' ? [] : [`store ${store} is ${health}`];
}

function notDeclared({ name, version }: Blueprint, entry: string): string {
  return `blueprint ${name}@${version} has no cleanup.${entry}`;
}

function refuse({ instance, what }: CleanupRequest, problems: readonly string[]): never {
  const dates = problems.some((problem) => problem.includes(dateType));
  throw new DrydockError('refused', `plan the cleanup ${what} of ${instance}: refused`, {
    problems,
    next: dates
      ? 'nothing was deleted; let the application write dates, and mend the old ones with datetime(…) in a migration'
      : 'nothing was touched; look at the instance with `drydock status`',
  });
}
