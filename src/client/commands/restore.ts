import type { Command } from 'commander';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { keyValue, nameOrFullName, number, procedure, waitMinutes } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

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

export function addRestore(program: Command, context: Context): void {
  procedure(program.command('restore <name>'))
    .description('bring an instance back to a set, or make a new one from it')
    .option('--set <id>', 'which set: latest, which is the newest whole one, or its id')
    .option('--newest <stores...>', 'take these stores from the newest capture or set, at another moment than others')
    .option('--confirm <name>', 'in place: the name of the instance again; of a removed one its full name')
    .option('--as <name>', 'make a new instance of this name, and touch nothing that exists')
    .option('--host <name>', 'with --as: where')
    .option('--tier <tier>', 'with --as: standard or premium')
    .option('--variable <KEY=VALUE>', 'with --as: a value that differs from the set; may be repeated', keyValue)
    .option('--store-ports <where>', 'with --as: closed, or loopback')
    .option('--skip-safety-set <reason>', 'take no set of the present data first, and say why')
    .option('--grace-hours <hours>', 'how long the old generation is kept for the way back', number)
    .addOption(waitMinutes())
    .action((name: string, options: RestoreOptions) => {
      const { variable: variables, json: _json, detach: _detach, ...fields } = options;
      const request = { ...nameOrFullName(name), ...given({ ...fields, variables }) };
      return runProcedure(context, options, { type: 'restore', request });
    });
}
