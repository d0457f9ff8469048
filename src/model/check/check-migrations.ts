import type { Blueprint, Migration } from '../../contracts/blueprint.ts';
import { scriptOf } from '../../stores/kinds.ts';
import { windowLengthMs } from '../releases/maintenance-window.ts';
import { shortestUpgradeMs } from '../releases/upgrade-time.ts';
import { compareVersions } from '../sets/versions.ts';
import { parseDuration, readableDuration } from '../words/duration.ts';
import { repeated } from '../words/repeated.ts';
import type { LineOf } from './read-contract.ts';

/** Problems that would only show in the middle of an upgrade to this version. */
export function migrationProblems(
  blueprint: Blueprint,
  files: Readonly<Record<string, string>>,
  lineOf: LineOf,
): string[] {
  const { migrations, version } = blueprint;
  return [
    ...repeated(migrations.map(({ name }) => name)).map((name) => `${lineOf('migrations')}: two migrations ${name}`),
    ...migrations.flatMap((migration, index) => {
      const late = compareVersions(migration.since, version) > 0;
      const problems = [
        ...(late ? [`${migration.name} is needed since ${migration.since}, and the blueprint is ${version}`] : []),
        ...('command' in migration
          ? serviceProblems(blueprint, migration.service)
          : fileProblems(blueprint, files, migration)),
      ];
      return problems.map((problem) => `${lineOf('migrations', index)}: ${problem}`);
    }),
    ...timeProblems(blueprint, lineOf),
  ];
}

function serviceProblems({ release }: Blueprint, service: string): string[] {
  return release.includes(service) ? [] : [`${service} is not in release`];
}

function fileProblems(
  { stores }: Blueprint,
  files: Readonly<Record<string, string>>,
  migration: Exclude<Migration, { command: string[] }>,
): string[] {
  const { file = '', kind: wanted } = scriptOf(migration) ?? {};
  const kind = stores[migration.store]?.kind;
  return [
    ...(files[file] === undefined ? [`${file} is missing`] : []),
    ...(kind === undefined ? [`no store ${migration.store}`] : []),
    ...(kind === undefined || kind === wanted ? [] : [`${migration.store} is a ${kind} store, not ${wanted}`]),
  ];
}

function timeProblems({ upgrade }: Blueprint, lineOf: LineOf): string[] {
  const unreadable = (['soak', 'safetySetMaxAge'] as const).filter(
    (name) => parseDuration(upgrade[name]) === undefined,
  );
  if (unreadable.length > 0) {
    return unreadable.map((name) => `${lineOf('upgrade', name)}: ${name} of ${upgrade[name]} is too long to count`);
  }
  if (upgrade.window === 'now') return [];
  const [needed, open] = [shortestUpgradeMs(upgrade.soak), windowLengthMs(upgrade.window)];
  if (needed <= open) return [];
  return [
    `${lineOf('upgrade', 'soak')}: with a soak of ${upgrade.soak} an upgrade takes ${readableDuration(needed)} or more, ` +
      `and the window ${upgrade.window} is open for ${readableDuration(open)}`,
  ];
}
