import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runCommand } from '../../drivers/command.ts';
import { writeWhole } from '../../drivers/partial-file.ts';
import { DrydockError } from '../../errors.ts';
import { rejectingWithReason } from '../abort.ts';
import { readJsonArtifact, sameDigest } from '../artifact-files.ts';
import type { Report } from '../store.ts';
import { pathOf } from './collections.ts';
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
const Before = z.record(z.string(), z.array(z.string()));

/** Name under which a snapshot is sent to a server, which keeps the file among its own snapshots. */
const sentAs = 'drydock-restore.snapshot';

/**
 * Lets an act make snapshots in the server, and removes them afterwards. Snapshots that were there before are somebody
 * else's and stay. Which these are is written down first, so that a run after a killed one still knows.
 */
export async function withOwnSnapshots<T>(
  http: QdrantHttp,
  collections: readonly string[],
  directory: string,
  act: (remove: (collection: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const record = join(directory, '.snapshots-before.json');
  const known = await readFile(record, 'utf8').then(
    (text) => Before.parse(JSON.parse(text)),
    () => undefined,
  );
  const before: Record<string, string[]> = {};
  for (const collection of collections) before[collection] = known?.[collection] ?? (await listed(http, collection));
  await writeWhole(record, (file) => file.writeFile(JSON.stringify(before)));

  const removeOurs = async (collection: string) => {
    const names = await listed(http, collection);
    for (const name of names.filter((name) => !before[collection]?.includes(name))) {
      await http.remove(`${pathOf(collection)}/snapshots/${encodeURIComponent(name)}`);
    }
  };
  try {
    for (const collection of collections) await removeOurs(collection);
    return await act(removeOurs);
  } finally {
    for (const collection of collections) await removeOurs(collection);
    await rm(record, { force: true });
  }
}

/** Makes one snapshot and fetches it. What has been begun is waited for, also when aborted: it could not be removed. */
export async function takeSnapshot(
  http: QdrantHttp,
  collection: string,
  directory: string,
  report: Report,
  signal: AbortSignal,
): Promise<Snapshots['collections'][string]> {
  signal.throwIfAborted();
  const snapshot = await http.makeSnapshot(`${pathOf(collection)}/snapshots`, Description);
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

/** Replaces the data of the collection, or creates it. */
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

/** A collection may be called anything; bytes a file name should not have become a dot and two hex digits. */
function fileName(collection: string): string {
  const bytes = [...Buffer.from(collection)];
  return bytes
    .map((byte) =>
      /[\w-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `.${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}
