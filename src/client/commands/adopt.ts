import type { Command } from 'commander';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { procedure } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

/** `adopt`: the recovery when Temporal has lost its data. */
export function addAdopt(program: Command, context: Context): void {
  procedure(program.command('adopt'))
    .description('make the instances of a host known again after Temporal lost its data')
    .option('--host <name>', 'the host; without it the default host')
    .action((options: ProcedureOptions & { host?: string }) =>
      runProcedure(context, options, { type: 'adopt', request: given({ host: options.host }) }),
    );
}
