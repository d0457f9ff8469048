import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostSettings } from './host-drivers.ts';

/** Secrets of a plan: generated on the host, kept from an earlier attempt, or read from files of the host. */
export async function secretValues(
  settings: HostSettings,
  wanted: { generate: readonly string[]; secretFiles: Readonly<Record<string, string>> },
  kept: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const generated = wanted.generate.map((name): [string, string] => [
    name,
    kept[name] || randomBytes(32).toString('hex'),
  ]);
  const read = await Promise.all(
    Object.entries(wanted.secretFiles).map(async ([name, file]): Promise<[string, string]> => {
      const text = await readFile(join(settings.secretsDirectory ?? '', file), 'utf8');
      return [name, text.trim()];
    }),
  );
  return Object.fromEntries([...generated, ...read]);
}
