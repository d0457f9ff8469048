import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DrydockError } from '../../errors.ts';

/** A program from scripts/setup, in the cache directory. */
export function program(cache: string, name: string): string {
  const path = join(cache, 'bin', name);
  if (isExecutable(path)) return path;
  throw new DrydockError('not-found', `run ${path}: there is no such program`, { next: 'run ./scripts/setup' });
}

/** An optional program: from scripts/setup, else on the path. */
export function optionalProgram(cache: string, name: string): string | undefined {
  const directories = [join(cache, 'bin'), ...(process.env['PATH'] ?? '').split(delimiter)];
  return directories
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The environment that every child needs; nothing else of the operator's shell reaches a long-lived process. */
export function basicEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'DOCKER_CONFIG', 'NODE_EXTRA_CA_CERTS'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
