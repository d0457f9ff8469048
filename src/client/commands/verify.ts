import type { Command } from 'commander';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { procedure, waitMinutes } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

export function addVerify(program: Command, context: Context): void {
  procedure(program.command('verify [name]'))
    .description('check a live instance, or read every byte of a set again')
    .option('--set <id>', 'which set: an id; with a name also latest, random or least-recently-verified')
    .addOption(waitMinutes())
    .action((name: string | undefined, options: ProcedureOptions & { set?: string; waitMinutes?: number }) => {
      const request = given({ instance: name, set: options.set, waitMinutes: options.waitMinutes });
      return runProcedure(context, options, { type: 'verify', request });
    });
}
