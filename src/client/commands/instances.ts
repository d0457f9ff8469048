import { Argument, type Command } from 'commander';
import type { DecommissionReport } from '../../contracts/decommission.ts';
import type { ReadOnlyReport } from '../../contracts/edge-mode.ts';
import { Tier } from '../../contracts/ids.ts';
import type { ProvisionReport } from '../../contracts/provision.ts';
import type { TierReport } from '../../contracts/tier.ts';
import type { Context } from './context.ts';
import { describeChanges } from './nights.ts';
import { given, keyValue, number, type ProcedureOptions, procedure, runProcedure } from './procedure.ts';

type ProvisionOptions = ProcedureOptions & {
  blueprint: string;
  host?: string;
  tier?: 'standard' | 'premium';
  set?: Record<string, string>;
  storePorts?: 'closed' | 'loopback';
};

type DecommissionOptions = ProcedureOptions & {
  confirm?: string;
  skipFinalSet?: string;
  hostLost?: string;
  keepSets?: number;
  waitMinutes?: number;
};

type ReadOnlyOptions = ProcedureOptions & { reason?: string; waitMinutes?: number };

type TierOptions = ProcedureOptions & { waitMinutes?: number };

/** Verbs that make, switch and remove instances. */
export function addInstanceCommands(program: Command, context: Context): void {
  addProvision(program, context);
  addReadOnly(program, context);
  addTier(program, context);
  addDecommission(program, context);
}

function addProvision(program: Command, context: Context): void {
  procedure(program.command('provision <name>'))
    .description('make a new instance from a blueprint')
    .requiredOption('--blueprint <ref>', 'name and version, such as osmose@1.0.0')
    .option('--host <name>', 'where; without it the default host')
    .option('--tier <tier>', 'standard or premium')
    .option('--set <KEY=VALUE>', 'value of a variable; may be repeated. secret:NAME names a file on the host', keyValue)
    .option('--store-ports <where>', 'closed, or loopback to publish the stores on 127.0.0.1 of the host')
    .action((name: string, options: ProvisionOptions) => {
      const { blueprint, host, tier, set: variables, storePorts } = options;
      const request = { instance: name, blueprint, ...given({ host, tier, variables, storePorts }) };
      return runProcedure(context, options, (operations) => operations.provision(request), describeProvision);
    });
}

function addReadOnly(program: Command, context: Context): void {
  procedure(program.command('read-only <name>').addArgument(new Argument('<state>').choices(['on', 'off'])))
    .description('turn writing off (on) or back on (off)')
    .option('--reason <text>', 'what operators read while it holds')
    .option('--wait-minutes <minutes>', 'how long to wait while another procedure holds the instance', number)
    .action((name: string, state: 'on' | 'off', options: ReadOnlyOptions) => {
      const { reason, waitMinutes } = options;
      const request = { instance: name, state, ...given({ reason, waitMinutes }) };
      return runProcedure(context, options, (operations) => operations.readOnly(request), describeReadOnly);
    });
}

function addTier(program: Command, context: Context): void {
  procedure(program.command('tier <name>').addArgument(new Argument('<tier>').choices(Tier.options)))
    .description('change what was sold to the client, standard or premium, and with it the schedules')
    .option('--wait-minutes <minutes>', 'how long to wait while another procedure holds the instance', number)
    .action((name: string, tier: Tier, { waitMinutes, ...options }: TierOptions) => {
      const request = { instance: name, tier, ...given({ waitMinutes }) };
      return runProcedure(context, options, (operations) => operations.changeTier(request), describeTier);
    });
}

function addDecommission(program: Command, context: Context): void {
  procedure(program.command('decommission <name>'))
    .description('take a last set, then remove an instance')
    .option('--confirm <name>', 'the name of the instance again')
    .option('--skip-final-set <reason>', 'take no last set, and say why')
    .option('--host-lost <reason>', 'the host is gone for good: only forget the instance, and say why')
    .option('--keep-sets <days>', 'how long its sets stay, such as 30d', days)
    .option('--wait-minutes <minutes>', 'how long to wait while another procedure holds the instance', number)
    .action((name: string, options: DecommissionOptions) => {
      const { confirm, skipFinalSet, hostLost, keepSets: keepSetsDays, waitMinutes } = options;
      const request = { instance: name, ...given({ confirm, skipFinalSet, hostLost, keepSetsDays, waitMinutes }) };
      return runProcedure(context, options, (operations) => operations.decommission(request), describeDecommission);
    });
}

function days(text: string): number {
  return number(text.replace(/d$/, ''));
}

export function describeProvision(report: ProvisionReport): string {
  const head = `${report.instance} serves ${report.blueprint} on host ${report.host}`;
  return [head, ...describeAddresses(report.addresses)].join('\n');
}

export function describeAddresses(addresses: Readonly<Record<string, string>>): string[] {
  const width = Math.max(0, ...Object.keys(addresses).map((name) => name.length));
  return Object.entries(addresses).map(([name, address]) => `  ${name.padEnd(width)}  ${address}`);
}

export function describeReadOnly(report: ReadOnlyReport): string {
  const left = report.writesLeft === 0 ? '' : `; ${report.writesLeft} write(s) were still in flight`;
  return `${report.instance} is ${report.mode}${left}`;
}

export function describeTier({ instance, from, tier, schedules, notes }: TierReport): string {
  const head = from === tier ? `${instance} is ${tier} already` : `${instance} is ${tier}; it was ${from}`;
  return [head, describeChanges({ outcome: 'applied', changes: schedules }), ...notes].join('\n');
}

export function describeDecommission(report: DecommissionReport): string {
  const set = report.finalSet === undefined ? 'no last set was taken' : `last set ${report.finalSet}`;
  return [
    `${report.instance} is removed; ${set}; its sets stay until ${report.setsKeptUntil}`,
    ...report.removed.map((what) => `  ${what}`),
  ].join('\n');
}
