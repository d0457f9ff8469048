import type { Command } from 'commander';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { procedure, waitMinutes } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

export function addBackup(program: Command, context: Context): void {
  procedure(program.command('backup <name>'))
    .description('take a recovery set of an instance')
    .option('--stores <names...>', 'capture only these stores; without it all of them, as a whole set')
    .addOption(waitMinutes())
    .action((name: string, options: ProcedureOptions & { stores?: string[]; waitMinutes?: number }) => {
      const request = { instance: name, ...given({ stores: options.stores, waitMinutes: options.waitMinutes }) };
      return runProcedure(context, options, { type: 'backup', request });
    });
}
