import { type Command, Option } from 'commander';
import type { UpgradeReport } from '../../contracts/upgrade.ts';
import { DrydockError } from '../../errors.ts';
import { given } from '../../given.ts';
import { caller } from '../caller.ts';
import type { Context } from '../context.ts';
import { keyValue, number, procedure, waitMinutes } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';
import { describeUpgrade } from '../words/upgrade.ts';

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

/** `upgrade`: to another version, or back to the previous release. */
export function addUpgrade(program: Command, context: Context): void {
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
    .addOption(waitMinutes())
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
  const words = (report: UpgradeReport) => describeUpgrade(report, sameOptions(options));
  return runProcedure(context, options, { type: 'upgrade', request, words });
}

function goBack(context: Context, options: UpgradeOptions, instance: string): Promise<void> {
  const { confirm, reason, waitMinutes } = options;
  const request = { instance, ...given({ confirm, reason, waitMinutes }) };
  return runProcedure(context, options, { type: 'rollback', request });
}

/** The typed options that produce the same plan again. */
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
