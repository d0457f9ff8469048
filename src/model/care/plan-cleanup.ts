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

/** The only type of a graph's values that says a moment without further knowledge. */
const dateType = 'ZONED DATETIME';

interface Observation {
  record: InstanceRecord;
  health: StoreHealth;
}

/** `counts` is absent when the store could not be asked; `dateTypes` counts matching nodes by the type of their date. */
interface OldNodesObservation extends Observation {
  counts: (NodeCounts & { dateTypes: Readonly<Record<string, number>> }) | undefined;
  /** Why somebody keeps the instance read-only, if somebody does. */
  readOnlyFor: string | undefined;
}

interface VectorSpaceObservation extends Observation {
  spaces: VectorSpace[] | undefined;
  /** Free in the file system of the volumes. */
  diskFreeBytes: number;
}

/** What the blueprint says about old nodes; `refused` when it says nothing. */
export function oldNodesSpec(blueprint: Blueprint, request: CleanupRequest): OldNodesSpec {
  return blueprint.cleanup.protoKg ?? refuse(request, [notDeclared(blueprint, 'protoKg')]);
}

export function vectorSpaceSpec(blueprint: Blueprint, request: CleanupRequest): VectorSpaceSpec {
  return blueprint.cleanup.qdrant ?? refuse(request, [notDeclared(blueprint, 'qdrant')]);
}

/** Nodes from before then are old. */
export function cutoffOf(spec: OldNodesSpec, now: Date): string {
  return new Date(now.getTime() - durationMs(spec.olderThan)).toISOString();
}

/** Which nodes will go, or a refusal with every reason. */
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

/** Which collections will be worked on, or a refusal with every reason. */
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

/** Collections with a segment that is worth the work. */
export function collectionsDue({ collections }: Pick<VectorSpacePlan, 'collections'>): VectorSpace[] {
  return collections.filter(({ segmentsDue }) => segmentsDue > 0);
}

function common({ instance, dryRun, untilAt }: CleanupRequest, { record }: Observation) {
  const { host, generation } = record;
  return { instance, host, generation, dryRun, ...(untilAt === undefined ? {} : { untilAt }) };
}

/** A comparison with text or a number is null in Cypher: it would delete nothing, and look as if there were nothing to do. */
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
