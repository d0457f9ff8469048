import { Argument, type Command } from 'commander';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { procedure, waitMinutes } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

type ReadOnlyOptions = ProcedureOptions & { reason?: string; waitMinutes?: number };

export function addReadOnly(program: Command, context: Context): void {
  procedure(program.command('read-only <name>').addArgument(new Argument('<state>').choices(['on', 'off'])))
    .description('turn writing off (on) or back on (off)')
    .option('--reason <text>', 'what operators read while it holds')
    .addOption(waitMinutes())
    .action((name: string, state: 'on' | 'off', options: ReadOnlyOptions) => {
      const { reason, waitMinutes } = options;
      const request = { instance: name, state, ...given({ reason, waitMinutes }) };
      return runProcedure(context, options, { type: 'readOnly', request });
    });
}
