import type { Command } from 'commander';
import type { BackupReport } from '../../contracts/backup.ts';
import type { RestoreReport } from '../../contracts/restore.ts';
import type { VerifyReport } from '../../contracts/verify.ts';
import { describeContents } from '../contents.ts';
import { formatBytes, formatDuration } from '../units.ts';
import type { Context } from './context.ts';
import { describeAddresses } from './instances.ts';
import { given, keyValue, number, type ProcedureOptions, procedure, runProcedure } from './procedure.ts';

type RestoreOptions = ProcedureOptions & {
  set?: string;
  newest?: string[];
  confirm?: string;
  as?: string;
  host?: string;
  tier?: 'standard' | 'premium';
  variable?: Record<string, string>;
  storePorts?: 'closed' | 'loopback';
  skipSafetySet?: string;
  graceHours?: number;
  waitMinutes?: number;
};

/** Verbs about recovery sets: take one, go back to one, prove one. */
export function addRecoveryCommands(program: Command, context: Context): void {
  addBackup(program, context);
  addRestore(program, context);
  addVerify(program, context);
}

function addBackup(program: Command, context: Context): void {
  procedure(program.command('backup <name>'))
    .description('take a recovery set of an instance')
    .option('--stores <names...>', 'capture only these stores; without it all of them, as a whole set')
    .option('--wait-minutes <minutes>', 'how long to wait while another procedure holds the instance', number)
    .action((name: string, options: ProcedureOptions & { stores?: string[]; waitMinutes?: number }) => {
      const request = { instance: name, ...given({ stores: options.stores, waitMinutes: options.waitMinutes }) };
      return runProcedure(context, options, (operations) => operations.backup(request), describeBackup);
    });
}

function addRestore(program: Command, context: Context): void {
  procedure(program.command('restore <name>'))
    .description('bring an instance back to a set, or make a new one from it')
    .option('--set <id>', 'which set: latest, which is the newest whole one, or its id')
    .option('--newest <stores...>', 'take these stores from the newest capture or set, at another moment than others')
    .option('--confirm <name>', 'in place: the name of the instance again')
    .option('--as <name>', 'make a new instance of this name, and touch nothing that exists')
    .option('--host <name>', 'with --as: where')
    .option('--tier <tier>', 'with --as: standard or premium')
    .option('--variable <KEY=VALUE>', 'with --as: a value that differs from the set; may be repeated', keyValue)
    .option('--store-ports <where>', 'with --as: closed, or loopback')
    .option('--skip-safety-set <reason>', 'take no set of the present data first, and say why')
    .option('--grace-hours <hours>', 'how long the old generation is kept for the way back', number)
    .option('--wait-minutes <minutes>', 'how long to wait while another procedure holds the instance', number)
    .action((name: string, options: RestoreOptions) => {
      const { variable: variables, json: _json, detach: _detach, ...fields } = options;
      const request = { instance: name, ...given({ ...fields, variables }) };
      return runProcedure(context, options, (operations) => operations.restore(request), describeRestore);
    });
}

function addVerify(program: Command, context: Context): void {
  procedure(program.command('verify [name]'))
    .description('check a live instance, or read every byte of a set again')
    .option('--set <id>', 'which set: an id; with a name also latest, random or least-recently-verified')
    .option('--wait-minutes <minutes>', 'how long to wait while another procedure holds the instance', number)
    .action((name: string | undefined, options: ProcedureOptions & { set?: string; waitMinutes?: number }) => {
      const request = given({ instance: name, set: options.set, waitMinutes: options.waitMinutes });
      return runProcedure(context, options, (operations) => operations.verify(request), describeVerify);
    });
}

export function describeBackup(report: BackupReport): string {
  const what = report.withoutStores === undefined ? 'set' : 'capture';
  const stopped = formatDuration(report.barrierMs);
  const writing = report.barrierMs === 0 ? 'writing went on' : `writing stopped for ${stopped}`;
  const head = `${what} ${report.set}: ${formatBytes(report.sizeBytes)}, ${writing}`;
  return [head, ...report.stores.map((store) => `  ${store.store}: ${describeContents(store.contents)}`)].join('\n');
}

export function describeRestore(report: RestoreReport): string {
  const unavailable = report.unavailableMs === 0 ? '' : `, unavailable for ${formatDuration(report.unavailableMs)}`;
  const lines = [`${report.instance} serves set ${report.set} (generation ${report.generation})${unavailable}`];
  for (const { store, equal, differences } of report.comparisons) {
    const newer = report.newer?.find((source) => source.store === store);
    const set =
      newer === undefined
        ? 'the set'
        : `set ${newer.set}, which was made ${formatDuration(newer.laterMs)} later than that of the others`;
    lines.push(`  ${store}: ${equal ? `equal to ${set}` : differences.join('; ')}`);
  }
  if (report.safetySet !== undefined) lines.push(`  what was there before is set ${report.safetySet}`);
  if (report.oldGenerationKeptUntil !== undefined) {
    lines.push(`  the old generation is kept until ${report.oldGenerationKeptUntil}`);
  }
  return [...lines, ...describeAddresses(report.addresses)].join('\n');
}

export function describeVerify(report: VerifyReport): string {
  const what = report.set === undefined ? report.instance : `set ${report.set} of ${report.instance}`;
  const failed = report.checks.filter((check) => !check.ok).length;
  const head = failed === 0 ? `${what} is as it must be` : `${what}: ${failed} check(s) failed`;
  return [head, ...report.checks.map(({ what, ok, seen }) => `  ${ok ? '✔' : '✖'} ${what}: ${seen}`)].join('\n');
}
