import type { Migration } from '../../contracts/blueprint.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { scriptOf } from '../../stores/kinds.ts';
import { measuredDuration } from '../words/duration.ts';

/** What clients and operators will notice of an upgrade, by name: for the command and for the page of the run. */
export function noticedOf(plan: UpgradePlan): [string, string][] {
  const { from, to, watch } = plan;
  const begins = plan.window === 'now' ? 'at once' : `in the window ${plan.window}`;
  const generations =
    from.generation === to.generation ? `${from.generation}` : `${from.generation} → ${to.generation}`;
  const errors = `${Number((watch.errorRate * 100).toFixed(2))} % more errors than before`;
  const slowness = `answers ${watch.latencyFactor} times as slow and over ${watch.latencyFloorMs} ms`;
  return [
    ['way', describeWay(plan)],
    ['approvals', plan.approvals === 1 ? 'one' : 'two, of different people or services'],
    ['begins', `${begins}, once the plan is approved; takes up to ${measuredDuration(plan.expectedMs)} with the watch`],
    ['read-only', describeReadOnly(plan)],
    ['safety set', describeSafetySet(plan)],
    ['watch', `${plan.soakMinutes} min; goes back by itself at ${errors}, or ${slowness}`],
    ['colour', `${from.colour} → ${to.colour}, generation ${generations}`],
    ...(plan.forced === undefined ? [] : [['forced', plan.forced] as [string, string]]),
  ];
}

function describeWay({ way, to }: UpgradePlan): string {
  switch (way) {
    case 'beside':
      return `beside: ${to.colour} comes up on the serving stores, and traffic moves without a gap`;
    case 'on-copy':
      return `on a copy: generation ${to.generation} is made from the safety set; unavailable while both generations are exchanged`;
  }
}

function describeReadOnly({ readOnly }: UpgradePlan): string {
  const reasons: Record<typeof readOnly.needed, string> = {
    no: 'no',
    'for-migrations': 'while migrations run',
    'asked-by-blueprint': 'because the blueprint asks for it',
    'for-the-copy': 'from the safety set until the copy serves',
  };
  const last = readOnly.expectedMs === undefined ? '' : `; ${measuredDuration(readOnly.expectedMs)} the last time`;
  return `${reasons[readOnly.needed]}${readOnly.needed === 'no' ? '' : last}`;
}

function describeSafetySet({ safetySet }: UpgradePlan): string {
  if (safetySet.kind === 'fresh') return 'a new set';
  return `the newest set if it is younger than ${safetySet.maxAgeHours} h, else a new set`;
}

/** What an upgrade changes: the thing, what it was, and what it becomes. */
export function changesOf(plan: UpgradePlan): string[][] {
  const { images, services, variables, config, stores } = plan;
  const value = (name: string) => [`variable ${name}`, '', describeValue(name, variables)];
  const rows = [
    ...images
      .filter(({ from, to }) => from !== to)
      .map(({ service, from, to }) => [`image of ${service}`, from ?? 'none', to ?? 'none']),
    ...services.added.map((name) => [`service ${name}`, '', 'added']),
    ...services.removed.map((name) => [`service ${name}`, '', 'removed']),
    ...[...variables.added, ...variables.changed].map(value),
    ...variables.removed.map((name) => [`variable ${name}`, '', 'removed']),
    ...config.added.map((path) => [path, '', 'comes along']),
    ...config.kept.map((path) => [path, '', 'stays as the client has it']),
    ...stores.map(({ store, what }) => [`store ${store}`, '', what]),
    ...(plan.edge === 'reloaded' ? [['edge', '', 'new configuration, without losing a connection']] : []),
  ];
  return rows.length === 0 ? [['version only', plan.from.ref, plan.to.ref]] : rows;
}

/** The source of a value; a secret is never shown. */
function describeValue(name: string, { values, generate, secretFiles }: UpgradePlan['variables']): string {
  if (values[name] !== undefined) return values[name];
  if (secretFiles[name] !== undefined) return `the file ${secretFiles[name]} of the host's secrets directory`;
  return generate.includes(name) ? 'a secret that the host makes' : 'set';
}

/** What a migration runs, and where. */
export function workOf(migration: Migration): string {
  if ('store' in migration) return `${scriptOf(migration)?.file} in ${migration.store}`;
  return `${migration.command.join(' ')} in a container of ${migration.service}`;
}
