import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { digestOf } from '../drivers/seal/digest.ts';
import type { Digest } from '../drivers/seal/seal.ts';
import { DrydockError } from '../errors.ts';
import type { Report } from './store.ts';

/** Size and digest of a file, as the small JSON artifacts record it. */
export function digestOfFile(path: string, signal?: AbortSignal): Promise<Digest> {
  const from = createReadStream(path, { highWaterMark: 1024 * 1024 });
  return digestOf(from, () => signal?.throwIfAborted());
}

/** The error of a capture that no further try can complete. */
export function noView({ store, instance }: { store: string; instance: string }): DrydockError {
  const next = 'start the backup again: it freezes the store anew';
  return new DrydockError('mismatch', `capture store ${store} of ${instance}: its frozen view is gone`, { next });
}

/** Size of an artifact that must exist. */
export async function artifactSize(directory: string, name: string): Promise<number> {
  const found = await stat(join(directory, name)).catch(() => undefined);
  if (found?.isFile()) return found.size;
  throw new DrydockError('damaged', `read the artifact ${name}: it is not there`);
}

/** Compares an artifact with the size and digest recorded at its writing. */
export async function sameDigest(directory: string, name: string, expected: Digest, signal: AbortSignal) {
  const sizeBytes = await artifactSize(directory, name);
  if (sizeBytes !== expected.sizeBytes) {
    throw new DrydockError('damaged', `check ${name}: it has ${sizeBytes} bytes instead of ${expected.sizeBytes}`);
  }
  const { sha256 } = await digestOfFile(join(directory, name), signal);
  if (sha256 === expected.sha256) return;
  throw new DrydockError('damaged', `check ${name}: its SHA-256 is ${sha256} instead of ${expected.sha256}`);
}

/** Writes one of the small JSON artifacts, with a digest of its own content. */
export async function writeJsonArtifact(directory: string, name: string, content: unknown): Promise<void> {
  const sealed = { sha256: digestOfJson(content), content };
  await writeFile(join(directory, name), `${JSON.stringify(sealed, undefined, 2)}\n`);
}

export async function readJsonArtifact<T>(directory: string, name: string, schema: z.ZodType<T>): Promise<T> {
  await artifactSize(directory, name);
  try {
    const { sha256, content } = Sealed.parse(JSON.parse(await readFile(join(directory, name), 'utf8')));
    if (sha256 !== digestOfJson(content)) throw new Error('its content has another SHA-256');
    return schema.parse(content);
  } catch (cause) {
    throw new DrydockError('damaged', `read the artifact ${name}: it is not what was written`, { cause });
  }
}

const Sealed = z.strictObject({ sha256: z.string(), content: z.unknown() });

function digestOfJson(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/**
 * An empty directory beside the artifacts for one act, removed afterwards. Anyone may write there, because the users of
 * the tools' images are not ours; the artifacts' own directory keeps others out.
 */
export async function withWorkDirectory<T>(directory: string, act: (work: string) => Promise<T>): Promise<T> {
  const work = join(directory, '.work');
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await chmod(work, 0o777);
  try {
    return await act(work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Hard-links an artifact to where the user of a tool's image can read it; returns that directory. */
export async function lendArtifact(directory: string, name: string, work: string): Promise<string> {
  const { mode } = await stat(join(directory, name));
  if ((mode & 0o004) === 0) await chmod(join(directory, name), 0o644);
  const lent = join(work, 'lent');
  await mkdir(lent);
  await chmod(lent, 0o755);
  await link(join(directory, name), join(lent, name));
  return lent;
}

/** Reports the growth of a tool's output file until the act ends. */
export async function reportingGrowth<T>(path: string, report: Report, act: () => Promise<T>): Promise<T> {
  const look = async () => {
    const found = await stat(path).catch(() => undefined);
    report({ done: found?.size ?? 0 });
  };
  const timer = setInterval(() => void look(), 1000);
  try {
    return await act();
  } finally {
    clearInterval(timer);
    await look();
  }
}
