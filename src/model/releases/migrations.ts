import type { Blueprint, Migration } from '../../contracts/blueprint.ts';
import type { Version } from '../../contracts/ids.ts';
import { compareVersions } from '../sets/versions.ts';

/** Migrations that an instance needs when it comes from a version, in the blueprint's order, without finished ones. */
export function pendingMigrations(
  blueprint: Pick<Blueprint, 'migrations'>,
  fromVersion: Version,
  finished: readonly string[],
): Migration[] {
  return blueprint.migrations.filter(
    ({ name, since }) => compareVersions(since, fromVersion) > 0 && !finished.includes(name),
  );
}
