import { z } from 'zod';
import type { ContainerRuntime } from '../../drivers/docker/container-runtime.ts';
import { DrydockError } from '../../errors.ts';
import { pause } from '../abort.ts';
import { type CollectionSpace, leastVacuumPoints, type Vacuum } from '../care.ts';
import type { Report } from '../store.ts';
import { bytesOnDisk } from '../tools.ts';
import { pathOf } from './collections.ts';
import { createQdrantHttp, type QdrantHttp, type VectorService } from './http.ts';

const lookMs = 500;
/** How long the server may take to begin or to go on before it counts as idle. */
const idleLimitMs = 60_000;

const Segment = z.object({ info: z.object({ num_points: z.int(), num_deleted_vectors: z.int() }) });
/** `local` is absent for the shards of other servers. */
const Shard = z.object({ local: z.object({ segments: z.array(Segment).nullish() }).nullish() });
const Telemetry = z.object({
  collections: z.object({ collections: z.array(z.object({ id: z.string(), shards: z.array(Shard).nullish() })) }),
});
const Configured = z.object({
  status: z.string(),
  config: z.object({
    optimizer_config: z.object({ deleted_threshold: z.number(), vacuum_min_vector_number: z.int() }),
  }),
});

interface SegmentSpace {
  points: number;
  deleted: number;
}

export async function collectionSpaces(
  runtime: ContainerRuntime,
  at: VectorService,
  dueShare: number,
): Promise<CollectionSpace[]> {
  const spaces: CollectionSpace[] = [];
  for (const [collection, segments] of await segmentsOf(createQdrantHttp(at))) {
    const points = sum(segments, (segment) => segment.points);
    const deletedPoints = sum(segments, (segment) => segment.deleted);
    spaces.push({
      collection,
      points,
      deletedPoints,
      deletedShare: deletedPoints === 0 ? 0 : deletedPoints / (points + deletedPoints),
      segmentsDue: segments.filter((segment) => isDue(segment, dueShare)).length,
      sizeBytes: await bytesOnDisk(runtime, at, `/qdrant/storage/collections/${collection}`),
    });
  }
  return spaces;
}

export async function vacuumOf(at: VectorService, collection: string): Promise<Vacuum | undefined> {
  const found = await createQdrantHttp(at).find(pathOf(collection), Configured);
  if (found === undefined) return undefined;
  const { deleted_threshold: deletedThreshold, vacuum_min_vector_number: minimumPoints } =
    found.config.optimizer_config;
  return { deletedThreshold, minimumPoints };
}

export async function setVacuum(at: VectorService, collection: string, vacuum: Vacuum): Promise<void> {
  const { deletedThreshold, minimumPoints } = vacuum;
  const body = { deleted_threshold: deletedThreshold, vacuum_min_vector_number: minimumPoints };
  await createQdrantHttp(at).send('PATCH', pathOf(collection), { optimizers_config: body }, z.unknown());
  const seen = await vacuumOf(at, collection);
  if (seen?.deletedThreshold === deletedThreshold && seen.minimumPoints === minimumPoints) return;
  throw new DrydockError(
    'tool-failed',
    `set the optimizer of collection ${collection} of store ${at.store}: it has ${JSON.stringify(seen)} instead of ${JSON.stringify(vacuum)}`,
  );
}

export async function awaitVacuum(
  at: VectorService,
  collection: string,
  limit: { dueShare: number; until: number },
  report: Report,
  signal: AbortSignal,
): Promise<'done' | 'late'> {
  const http = createQdrantHttp(at);
  let [least, changedAt] = [Number.POSITIVE_INFINITY, Date.now()];
  for (;;) {
    const { status } = await http.get(pathOf(collection), Configured);
    const segments = (await segmentsOf(http)).get(collection) ?? [];
    const left = sum(
      segments.filter((segment) => isDue(segment, limit.dueShare)),
      ({ deleted }) => deleted,
    );
    if (left === 0 && status === 'green') return 'done';
    if (Date.now() >= limit.until) return 'late';
    report({ done: left });
    // Yellow: the server is working, however long one segment takes.
    if (left < least || status === 'yellow') [least, changedAt] = [Math.min(left, least), Date.now()];
    if (status === 'red' || Date.now() - changedAt > idleLimitMs) throw idle(at, collection, { status, left });
    await pause(Math.min(lookMs, Math.max(1, limit.until - Date.now())), signal);
  }
}

function idle(at: VectorService, collection: string, seen: { status: string; left: number }): DrydockError {
  return new DrydockError(
    'unhealthy',
    `reclaim the space of collection ${collection} of store ${at.store} of ${at.instance}: its status is ${seen.status}, ` +
      `and ${seen.left} deleted points are still there`,
    {
      next: `look at optimizer_status and max_optimization_threads of GET ${pathOf(collection)}, and at the server's log`,
    },
  );
}

/** We ask the server for the same vacuum that it does by itself: by the share of deleted points in a segment. */
function isDue({ points, deleted }: SegmentSpace, dueShare: number): boolean {
  const all = points + deleted;
  return all >= leastVacuumPoints && deleted / all > dueShare;
}

/** Segments of every collection, by name; only the telemetry tells their deleted points. */
async function segmentsOf(http: QdrantHttp): Promise<Map<string, SegmentSpace[]>> {
  const { collections } = await http.get('/telemetry?details_level=8', Telemetry);
  const found = collections.collections.map(({ id, shards }): [string, SegmentSpace[]] => [
    id,
    (shards ?? [])
      .flatMap(({ local }) => local?.segments ?? [])
      .map(({ info }) => ({ points: info.num_points, deleted: info.num_deleted_vectors })),
  ]);
  return new Map(found.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function sum(segments: readonly SegmentSpace[], pick: (segment: SegmentSpace) => number): number {
  return segments.reduce((total, segment) => total + pick(segment), 0);
}
