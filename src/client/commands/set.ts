import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { runProcedure } from '../run-procedure.ts';

export function addSet(program: Command, context: Context): void {
  program
    .command('set')
    .description('look at one recovery set')
    .command('show <id>')
    .description('its manifest')
    .option('--json', 'print one JSON object, the whole manifest in it')
    .action((set: string, options: { json?: boolean }) =>
      runProcedure(context, options, { type: 'set', request: { set } }),
    );
}
