import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { DrydockError } from '../../errors.ts';
import { eventually } from '../../eventually.ts';
import { createQdrantHttp, type QdrantHttp, type VectorService } from './http.ts';
import type { VectorContents } from './kind.ts';

/** A script of `init`: bodies of `PUT /collections/<name>` by name, and collection names by alias. */
export const CollectionsDefinition = z.looseObject({
  collections: z.record(z.string(), z.record(z.string(), z.unknown())),
  aliases: z.record(z.string(), z.string()).optional(),
});
export type CollectionsDefinition = z.infer<typeof CollectionsDefinition>;

const CollectionNames = z.object({ collections: z.array(z.object({ name: z.string() })) });
const AliasList = z.object({ aliases: z.array(z.object({ alias_name: z.string(), collection_name: z.string() })) });
const CollectionInfo = z.looseObject({
  status: z.string(),
  config: z.looseObject({ params: z.looseObject({ vectors: z.unknown(), sparse_vectors: z.unknown().optional() }) }),
  payload_schema: z.record(z.string(), z.unknown()).default({}),
});
type CollectionInfo = z.infer<typeof CollectionInfo>;
const Count = z.object({ count: z.int() });

export async function collectionNames(http: QdrantHttp): Promise<string[]> {
  const { collections } = await http.get('/collections', CollectionNames);
  return collections.map(({ name }) => name).sort();
}

export async function aliases(http: QdrantHttp): Promise<Record<string, string>> {
  const list = await http.get('/aliases', AliasList);
  const pairs = list.aliases.map(({ alias_name, collection_name }): [string, string] => [alias_name, collection_name]);
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function collectionInfo(http: QdrantHttp, collection: string): Promise<CollectionInfo> {
  return http.get(pathOf(collection), CollectionInfo);
}

export async function countVectors(at: VectorService): Promise<VectorContents> {
  const http = createQdrantHttp(at);
  const collections: VectorContents['collections'] = {};
  for (const name of await collectionNames(http)) {
    const { count } = await http.send('POST', `${pathOf(name)}/points/count`, { exact: true }, Count);
    const info = await collectionInfo(http, name);
    collections[name] = {
      points: count,
      vectors: vectorParameters(info.config.params),
      payloadIndexes: Object.keys(info.payload_schema).sort(),
    };
  }
  return { kind: 'qdrant', collections, aliases: await aliases(http) };
}

/** One request moves all aliases at once, existing ones included. */
export async function pointAliases(http: QdrantHttp, wanted: Record<string, string>): Promise<void> {
  const actions = Object.entries(wanted).map(([alias_name, collection_name]) => ({
    create_alias: { alias_name, collection_name },
  }));
  if (actions.length > 0) await http.send('POST', '/collections/aliases', { actions }, z.unknown());
}

/**
 * Creates missing collections and points the aliases. Existing collections stay unchanged; `mismatch`, before anything
 * is created, if one of them has other vector parameters.
 */
export async function applyCollections(at: VectorService, definition: CollectionsDefinition) {
  const http = createQdrantHttp(at);
  const missing: [string, Record<string, unknown>][] = [];
  const problems: string[] = [];
  for (const [name, body] of Object.entries(definition.collections)) {
    const info = await http.find(pathOf(name), CollectionInfo);
    if (info === undefined) missing.push([name, body]);
    else problems.push(...differences(name, vectorParameters(body), vectorParameters(info.config.params)));
  }
  if (problems.length > 0) {
    const what = `apply the collections of store ${at.store} of ${at.instance}`;
    throw new DrydockError('mismatch', `${what}: vector parameters differ, and cannot be changed`, { problems });
  }
  for (const [name, body] of missing) await http.send('PUT', pathOf(name), body, z.unknown());
  await pointAliases(http, definition.aliases ?? {});
  return { created: missing.map(([name]) => name) };
}

/** Waits until the shards are loaded and no optimisation runs. */
export async function waitUntilGreen(at: VectorService, collection: string, signal: AbortSignal): Promise<void> {
  const http = createQdrantHttp(at);
  let status = '';
  const isSettled = async () => {
    ({ status } = await collectionInfo(http, collection));
    // Grey: optimisations wait for a change, even an empty one.
    if (status === 'grey') await http.send('PATCH', pathOf(collection), { optimizers_config: {} }, z.unknown());
    return status === 'green' || status === 'red';
  };
  await eventually(isSettled, { withinMs: greenLimitMs, everyMs: 200, signal });
  if (status === 'green') return;
  throw new DrydockError(
    'unhealthy',
    `wait for collection ${collection} of store ${at.store}: its status is ${status}`,
  );
}

export function pathOf(collection: string): string {
  return `/collections/${encodeURIComponent(collection)}`;
}

/** Dense and sparse vector parameters with sorted keys and without unset ones, so that equal parameters look equal. */
function vectorParameters(params: Record<string, unknown>): unknown {
  return normalised({ vectors: params['vectors'], sparse_vectors: params['sparse_vectors'] });
}

function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, normalised(member)]),
  );
}

function differences(collection: string, wanted: unknown, found: unknown): string[] {
  if (isDeepStrictEqual(wanted, found)) return [];
  return [`${collection} has ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`];
}

const greenLimitMs = 30 * 60_000;
