import type { UpgradePlan } from '../contracts/upgrade.ts';
import { changesOf, noticedOf, workOf } from '../model/releases/upgrade-words.ts';
import { formatTable } from './table.ts';

/** The commands that decide about a waiting plan. */
export function decisionCommands(instance: string, hash: string): string[] {
  return [
    `→ yes: drydock approve ${instance} --plan ${hash}`,
    `→ no: drydock reject ${instance} --plan ${hash}`,
    '→ what it will do: Current Details of the run in the Temporal UI',
  ];
}

/** The complete plan of an upgrade, for the person who approves it. */
export function describePlan(plan: UpgradePlan): string {
  const { instance, host, from, to, hash } = plan;
  return [
    `${instance} on host ${host}: ${from.ref} → ${to.ref}`,
    ...noticedOf(plan).map(([name, value]) => `${name.padEnd(12)}${value}`),
    ...section(['CHANGE', 'FROM', 'TO'], changesOf(plan)),
    ...section(['MIGRATION', 'SINCE', 'THE RELEASE BEFORE', 'WHAT'], plan.migrations.map(migrationRow)),
    ...section(
      ['WHEN THIS FAILS', 'THIS HAPPENS'],
      plan.onFailure.map(({ phase, what }) => [phase, what]),
    ),
    '',
    `plan ${hash}`,
  ].join('\n');
}

function section(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : ['', formatTable(headings, rows)];
}

function migrationRow(migration: UpgradePlan['migrations'][number]): string[] {
  const { name, since, compatible } = migration;
  return [name, since, compatible ? 'works on with it' : 'does not', workOf(migration)];
}
