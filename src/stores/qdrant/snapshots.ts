import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runCommand } from '../../drivers/command.ts';
import { readNote, writeNote } from '../../drivers/notes.ts';
import { DrydockError } from '../../errors.ts';
import { rejectingWithReason } from '../abort.ts';
import { readJsonArtifact, sameDigest, writeJsonArtifact } from '../artifact-files.ts';
import type { Report } from '../store.ts';
import { aliases, collectionInfo, collectionNames, pathOf } from './collections.ts';
import type { QdrantHttp } from './http.ts';

export const artifactNames = {
  snapshots: 'snapshots.json',
  aliases: 'aliases.json',
  collections: 'collections.json',
} as const;

export const Snapshots = z.strictObject({
  collections: z.record(
    z.string(),
    z.strictObject({ file: z.string().regex(/^[\w.-]+\.snapshot$/), sizeBytes: z.int(), sha256: z.string() }),
  ),
});
export type Snapshots = z.infer<typeof Snapshots>;
export const Aliases = z.record(z.string(), z.string());

const Description = z.object({ name: z.string(), size: z.int(), checksum: z.string().nullish() });
const Listing = z.array(z.object({ name: z.string() }));

/** A view of the store: a snapshot of each collection, still in the server, and data outside snapshots. */
const Frozen = z.strictObject({
  snapshots: z.record(z.string(), Description),
  aliases: Aliases,
  configurations: z.record(z.string(), z.unknown()),
});
const frozenFile = '.frozen.json';

/** Earlier snapshots in the server are somebody else's and stay. Their names are recorded first. */
const Before = z.record(z.string(), z.array(z.string()));
const beforeFile = '.snapshots-before.json';

/** Name of a snapshot sent to a server, which keeps the file among its own snapshots. */
const sentAs = 'drydock-restore.snapshot';

/** Makes a snapshot of every collection. Waits for one that has begun, even when aborted: it could not be removed. */
export async function freezeCollections(http: QdrantHttp, directory: string, signal: AbortSignal): Promise<void> {
  await thawCollections(http, directory);
  const before: z.infer<typeof Before> = {};
  for (const collection of await collectionNames(http)) before[collection] = await listed(http, collection);
  await rm(join(directory, artifactNames.snapshots), { force: true });
  await writeNote(join(directory, beforeFile), before);
  try {
    const frozen: z.infer<typeof Frozen> = { snapshots: {}, aliases: await aliases(http), configurations: {} };
    for (const collection of Object.keys(before)) {
      signal.throwIfAborted();
      frozen.configurations[collection] = await collectionInfo(http, collection);
      frozen.snapshots[collection] = await http.makeSnapshot(`${pathOf(collection)}/snapshots`, Description);
    }
    await writeNote(join(directory, frozenFile), frozen);
  } catch (error) {
    await thawCollections(http, directory);
    throw error;
  }
}

/** Fetches the snapshots of a view and adds the rest of the view. Does nothing without a view. */
export async function captureCollections(
  http: QdrantHttp,
  directory: string,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const frozen = await readNote(join(directory, frozenFile), Frozen);
  if (frozen === undefined) return;
  const taken: Snapshots = { collections: {} };
  let doneBefore = 0;
  for (const [collection, snapshot] of Object.entries(frozen.snapshots)) {
    const add = ({ done }: { done: number }) => report({ done: doneBefore + done });
    taken.collections[collection] = await fetchSnapshot(http, collection, snapshot, { directory, report: add, signal });
    doneBefore += snapshot.size;
  }
  await writeJsonArtifact(directory, artifactNames.aliases, frozen.aliases);
  await writeJsonArtifact(directory, artifactNames.collections, frozen.configurations);
  await writeJsonArtifact(directory, artifactNames.snapshots, taken);
}

/** Removes our snapshots from the server. A deleted collection takes its snapshots with it. */
export async function thawCollections(http: QdrantHttp, directory: string): Promise<void> {
  const before = await readNote(join(directory, beforeFile), Before);
  for (const [collection, others] of Object.entries(before ?? {})) {
    for (const name of (await listed(http, collection)).filter((name) => !others.includes(name))) {
      await http.remove(`${pathOf(collection)}/snapshots/${encodeURIComponent(name)}`);
    }
  }
  for (const file of [frozenFile, beforeFile]) await rm(join(directory, file), { force: true });
}

async function fetchSnapshot(
  http: QdrantHttp,
  collection: string,
  snapshot: z.infer<typeof Description>,
  to: { directory: string; report: Report; signal: AbortSignal },
): Promise<Snapshots['collections'][string]> {
  const { directory, report, signal } = to;
  signal.throwIfAborted();
  const file = `${fileName(collection)}.snapshot`;
  const path = `${pathOf(collection)}/snapshots/${encodeURIComponent(snapshot.name)}`;
  const fetched = await rejectingWithReason(signal, () => http.download(path, join(directory, file), report, signal));
  const sameSum = !snapshot.checksum || snapshot.checksum === fetched.sha256;
  if (fetched.sizeBytes === snapshot.size && sameSum) return { file, ...fetched };
  const arrived = `${fetched.sizeBytes} bytes with SHA-256 ${fetched.sha256} arrived`;
  throw new DrydockError(
    'tool-failed',
    `download snapshot ${snapshot.name}: ${arrived}, the server has ${snapshot.size} with ${snapshot.checksum}`,
  );
}

export async function checkSnapshots(directory: string, report: Report, signal: AbortSignal): Promise<string> {
  const { collections } = await readJsonArtifact(directory, artifactNames.snapshots, Snapshots);
  await readJsonArtifact(directory, artifactNames.aliases, Aliases);
  await readJsonArtifact(directory, artifactNames.collections, z.record(z.string(), z.unknown()));
  const all = Object.entries(collections);
  const total = all.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0);
  let done = 0;
  for (const [collection, { file, ...digest }] of all) {
    await sameDigest(directory, file, digest, signal);
    const { stdout } = await runCommand('tar', ['--list', '--file', join(directory, file)], { signal }).catch(
      (cause: unknown) => {
        signal.throwIfAborted();
        throw new DrydockError('damaged', `list ${file}: it is not a whole tar archive`, { cause });
      },
    );
    if (!/(^|\/)config\.json$/m.test(stdout)) {
      throw new DrydockError('damaged', `check ${file}: it holds no configuration of collection ${collection}`);
    }
    done += digest.sizeBytes;
    report({ done, total });
  }
  return `${all.length} snapshots with the recorded SHA-256`;
}

/** Replaces the collection's data, or creates the collection. */
export async function recoverSnapshot(
  http: QdrantHttp,
  collection: string,
  from: { path: string; sha256: string },
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const leftover = `${pathOf(collection)}/snapshots/${sentAs}`;
  await http.remove(leftover);
  try {
    const query = `wait=true&priority=snapshot&checksum=${from.sha256}`;
    await rejectingWithReason(signal, () =>
      http.upload(`${pathOf(collection)}/snapshots/upload?${query}`, { path: from.path, sentAs }, report, signal),
    );
  } finally {
    await http.remove(leftover);
  }
}

async function listed(http: QdrantHttp, collection: string): Promise<string[]> {
  const snapshots = await http.find(`${pathOf(collection)}/snapshots`, Listing);
  return (snapshots ?? []).map(({ name }) => name);
}

/** A collection may have any name; bytes unfit for a file name become a dot and two hex digits. */
function fileName(collection: string): string {
  const bytes = [...Buffer.from(collection)];
  return bytes
    .map((byte) =>
      /[\w-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `.${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}
