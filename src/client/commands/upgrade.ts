import { type Command, Option } from 'commander';
import type { RollbackReport, UpgradeReport } from '../../contracts/upgrade.ts';
import { DrydockError } from '../../errors.ts';
import { formatDuration } from '../units.ts';
import { describePlan } from '../upgrade-plan.ts';
import { caller } from './approval.ts';
import type { Context } from './context.ts';
import { describeAddresses } from './instances.ts';
import { given, keyValue, number, type ProcedureOptions, procedure, runProcedure } from './procedure.ts';

type UpgradeOptions = ProcedureOptions & {
  to?: string;
  planOnly?: true;
  plan?: string;
  window?: string;
  approvalHours?: number;
  safetySet?: 'recent' | 'fresh';
  soak?: number;
  graceHours?: number;
  set?: Record<string, string>;
  force?: string;
  back?: true;
  confirm?: string;
  reason?: string;
  waitMinutes?: number;
};

const forwardOnly = ['planOnly', 'plan', 'window', 'approvalHours', 'safetySet', 'soak', 'graceHours', 'set', 'force'];

/** `upgrade`: to another version, or back to the one before. */
export function addUpgradeCommand(program: Command, context: Context): void {
  procedure(program.command('upgrade <name>'))
    .description('bring an instance to another version of its blueprint while it serves, or back')
    .option('--to <ref>', 'the version to run, such as osmose@2.0.0')
    .option('--plan-only', 'print the plan and touch nothing')
    .option('--plan <hash>', 'approve in advance the plan with this hash, as --plan-only showed it')
    .option('--window <window>', 'when it may begin: now, or weekly such as "sun 02:00-06:00 UTC"')
    .option('--approval-hours <hours>', 'how long the plan waits for approval', number)
    .addOption(
      new Option('--safety-set <which>', 'a recent one will do, or always a fresh one').choices(['recent', 'fresh']),
    )
    .option('--soak <minutes>', 'how long the new release is watched before it no longer goes back by itself', number)
    .option('--grace-hours <hours>', 'how long the old release is kept for --back', number)
    .option('--set <KEY=VALUE>', 'value of a variable; may be repeated. secret:NAME names a file on the host', keyValue)
    .option('--force <reason>', 'upgrade an unhealthy instance, and say why')
    .addOption(new Option('--back', 'go back to the release before the last upgrade').conflicts(['to', ...forwardOnly]))
    .addOption(new Option('--confirm <name>', 'with --back: the name again, when data would be lost').conflicts(['to']))
    .addOption(new Option('--reason <text>', 'with --back: why').conflicts(['to']))
    .option('--wait-minutes <minutes>', 'how long to wait while another procedure holds the instance', number)
    .action((name: string, options: UpgradeOptions) =>
      options.back === true ? goBack(context, options, name) : upgrade(context, options, name),
    );
}

function upgrade(context: Context, options: UpgradeOptions, instance: string): Promise<void> {
  const { to, planOnly, window, approvalHours, safetySet, force } = options;
  if (to === undefined) {
    throw new DrydockError('invalid-input', `upgrade ${instance}: neither --to nor --back was given`, {
      next: 'drydock blueprint list shows the versions that were pushed',
    });
  }
  const { plan: approvedPlan, soak: soakMinutes, graceHours, set: variables, waitMinutes } = options;
  const approvedBy = approvedPlan === undefined ? undefined : caller();
  const choices = { planOnly, window, approvalHours, safetySet, force };
  const request = {
    instance,
    to,
    ...given({ ...choices, approvedPlan, approvedBy, soakMinutes, graceHours, variables, waitMinutes }),
  };
  return runProcedure(
    context,
    options,
    (operations) => operations.upgrade(request),
    (report) => describeUpgrade(report, sameOptions(options)),
  );
}

function goBack(context: Context, options: UpgradeOptions, instance: string): Promise<void> {
  const { confirm, reason, waitMinutes } = options;
  const request = { instance, ...given({ confirm, reason, waitMinutes }) };
  return runProcedure(context, options, (operations) => operations.rollback(request), describeRollback);
}

/** The options that make the same plan again, as they are typed. */
function sameOptions(options: UpgradeOptions): string[] {
  const words = (option: string, value: string | number | undefined) =>
    value === undefined ? [] : [option, shellWord(String(value))];
  return [
    ...words('--window', options.window),
    ...words('--approval-hours', options.approvalHours),
    ...words('--safety-set', options.safetySet),
    ...words('--soak', options.soak),
    ...words('--grace-hours', options.graceHours),
    ...Object.entries(options.set ?? {}).flatMap(([name, value]) => words('--set', `${name}=${value}`)),
    ...words('--force', options.force),
  ];
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export function describeUpgrade(report: UpgradeReport, options: readonly string[] = []): string {
  const { instance, plan } = report;
  if (report.outcome === 'planned') {
    const words = ['drydock upgrade', instance, '--to', plan.to.ref, '--plan', plan.hash, ...options];
    return `${describePlan(plan)}\n→ start and approve it: ${words.join(' ')}`;
  }
  const notSent = report.notifications.filter(({ outcome }) => outcome === 'failed');
  return [
    `${instance} serves ${plan.to.ref} (${plan.to.colour}, generation ${plan.to.generation})${describeGaps(report)}`,
    ...report.decisions.map(describeDecision),
    ...(report.migrated.length === 0 ? [] : [`  migrated: ${report.migrated.join(', ')}`]),
    ...describeTraffic(report),
    ...(report.safetySet === undefined ? [] : [`  what was there before is set ${report.safetySet}`]),
    ...(report.oldReleaseKeptUntil === undefined
      ? []
      : [
          `  ${plan.from.ref} is kept until ${report.oldReleaseKeptUntil}; drydock upgrade ${instance} --back returns to it`,
        ]),
    ...notSent.map(({ event, problem }) => `  nobody was told “${event}”: ${problem ?? 'no reason known'}`),
    ...describeAddresses(report.addresses),
  ].join('\n');
}

function describeGaps({ readOnlyMs, unavailableMs }: UpgradeReport): string {
  const readOnly = readOnlyMs === 0 ? '' : `, read-only for ${formatDuration(readOnlyMs)}`;
  return `${readOnly}${unavailableMs === 0 ? '' : `, unavailable for ${formatDuration(unavailableMs)}`}`;
}

function describeDecision({ decision, by, at, through, comment }: UpgradeReport['decisions'][number]): string {
  if (through === 'request') return `  approved in advance by whoever started it, at ${at}`;
  return `  ${decision} by ${by} at ${at} (${through})${comment === undefined ? '' : `: ${comment}`}`;
}

function describeTraffic({ traffic }: UpgradeReport): string[] {
  if (traffic === undefined) return [];
  const seen = ({ requests, errors, averageMs }: typeof traffic.before) =>
    `${requests} requests, ${errors} errors, ${averageMs.toFixed(1)} ms on average`;
  return [`  before: ${seen(traffic.before)}`, `  after: ${seen(traffic.after)}`];
}

export function describeRollback(report: RollbackReport): string {
  const unavailable = report.unavailableMs === 0 ? '' : `, unavailable for ${formatDuration(report.unavailableMs)}`;
  return [
    `${report.instance} serves ${report.blueprint} again${unavailable}`,
    ...report.lost.map(
      ({ store, equal, differences }) =>
        `  ${store}: ${equal ? 'nothing was written since the upgrade' : `lost: ${differences.join('; ')}`}`,
    ),
    ...describeAddresses(report.addresses),
  ].join('\n');
}
