import type { Command } from 'commander';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { procedure, waitMinutes } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

/** `drill`: proves by doing that a set can be restored. */
export function addDrill(program: Command, context: Context): void {
  procedure(program.command('drill <name>'))
    .description('bring a set up in a throw-away place, prove that it works, and remove everything again')
    .option('--set <id>', 'which set: latest, random or its id')
    .addOption(waitMinutes())
    .action((name: string, options: ProcedureOptions & { set?: string; waitMinutes?: number }) => {
      const request = { instance: name, ...given({ set: options.set, waitMinutes: options.waitMinutes }) };
      return runProcedure(context, options, { type: 'drill', request });
    });
}
