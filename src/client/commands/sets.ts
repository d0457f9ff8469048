import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { runProcedure } from '../run-procedure.ts';

export function addSets(program: Command, context: Context): void {
  program
    .command('sets <name>')
    .description('list the recovery sets of an instance, newest first')
    .option('--json', 'print one JSON object')
    .action((instance: string, options: { json?: boolean }) =>
      runProcedure(context, options, { type: 'sets', request: { instance } }),
    );
}
