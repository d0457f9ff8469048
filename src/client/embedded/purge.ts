import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { DrydockError } from '../../errors.ts';
import { homeAt, readHomeConfig } from './home.ts';
import { stopEmbedded } from './plane.ts';

/**
 * Stops everything and removes the home: its sets, its keys, its history. Only Drydock's own files go: a home in a
 * directory with other files leaves those.
 */
export async function purgeHome(
  directory: string,
  options: { confirmed: boolean; report: (line: string) => void },
): Promise<void> {
  const home = homeAt(directory);
  if (readHomeConfig(home) === undefined) return;
  const instances = existsSync(home.instances) ? readdirSync(home.instances) : [];
  if (instances.length > 0 && !options.confirmed) throw instancesRemain(directory, instances);
  await stopEmbedded(directory, options.report);
  const { run, logs, temporal, objectStore, prometheus, secrets, lock, config } = home;
  for (const path of [home.instances, run, logs, temporal, objectStore, prometheus, secrets, lock, config]) {
    rmSync(path, { recursive: true, force: true });
  }
  if (readdirSync(directory).length === 0) rmdirSync(directory);
}

function instancesRemain(directory: string, instances: string[]): DrydockError {
  return new DrydockError('not-confirmed', `remove ${directory}: instances exist, and their sets lie in it`, {
    problems: instances,
    next:
      'drydock decommission them first; or say --confirm, and remove their containers and volumes by hand ' +
      '(docker ps --all --filter label=drydock.instance)',
  });
}
