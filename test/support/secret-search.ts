import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseEnv } from '../../src/model/instance/env-file.ts';
import type { InstanceClient } from './instance-client.ts';
import type { Plane } from './plane.ts';

/** Secrets by name: what was generated for the instance, the key of the object store, and the identity that opens sets. */
export async function secretsOf({ embedded }: Plane, { directory }: InstanceClient): Promise<Record<string, string>> {
  const env = parseEnv(await readFile(join(directory, '.env'), 'utf8'));
  const generated = Object.entries(env).filter(([, value]) => /^[0-9a-f]{64}$/.test(value));
  const keys = JSON.parse(await readFile(embedded.home.objectStoreKeys, 'utf8')) as { secretAccessKey: string };
  const identity = /AGE-SECRET-KEY-\S+/.exec(await readFile(embedded.home.identity, 'utf8'))?.[0] ?? '';
  return { ...Object.fromEntries(generated), s3: keys.secretAccessKey, age: identity };
}

/** Names of the secrets in a text, as they are or in base64, wherever in a longer value they begin. */
export function secretsIn(text: string, secrets: Record<string, string>): string[] {
  return Object.entries(secrets).flatMap(([name, value]) => {
    const encoded = [0, 1, 2].map((shift) =>
      Buffer.from(`${' '.repeat(shift)}${value}`)
        .toString('base64')
        .slice(shift === 0 ? 0 : 4, -4),
    );
    return [value, ...encoded].some((form) => text.includes(form)) ? [name] : [];
  });
}

/** The text of an object that was deleted after it was listed. */
export function goneIsEmpty(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

/** Every string of a message of Temporal, its payloads decoded. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner)]);
}

/** Command lines of every process of the machine, looked at again and again: what lives shorter than a look is not seen. */
export class CommandLines {
  readonly seen = new Set<string>();
  private readonly over = new AbortController();
  private readonly watching = this.watch();

  async end(): Promise<void> {
    this.over.abort();
    await this.watching;
  }

  private async watch(): Promise<void> {
    while (!this.over.signal.aborted) {
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      for (const pid of pids) {
        this.seen.add((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '));
      }
      await pause(50);
    }
  }
}
