import type { Blueprint, Migration } from '../../contracts/blueprint.ts';
import type { Version } from '../../contracts/ids.ts';
import { compareVersions } from '../sets/versions.ts';

/** Migrations an instance needs that comes from a version, in the blueprint's order, without those it has behind it. */
export function pendingMigrations(
  blueprint: Pick<Blueprint, 'migrations'>,
  fromVersion: Version,
  finished: readonly string[],
): Migration[] {
  return blueprint.migrations.filter(
    ({ name, since }) => compareVersions(since, fromVersion) > 0 && !finished.includes(name),
  );
}
