import type { Command } from 'commander';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { nameOrFullName } from '../options.ts';
import { runProcedure } from '../run-procedure.ts';

export function addSets(program: Command, context: Context): void {
  program
    .command('sets <name>')
    .description('list the recovery sets of an instance, newest first')
    .option('--removed', 'those of removed instances of this name')
    .option('--json', 'print one JSON object')
    .action((name: string, options: { removed?: true; json?: boolean }) => {
      const request = { ...nameOrFullName(name), ...given({ removed: options.removed }) };
      return runProcedure(context, options, { type: 'sets', request });
    });
}
