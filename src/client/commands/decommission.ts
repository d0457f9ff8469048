import type { Command } from 'commander';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { number, procedure, waitMinutes } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

type DecommissionOptions = ProcedureOptions & {
  confirm?: string;
  skipFinalSet?: string;
  hostLost?: string;
  keepSets?: number;
  waitMinutes?: number;
};

export function addDecommission(program: Command, context: Context): void {
  procedure(program.command('decommission <name>'))
    .description('take a last set, then remove an instance')
    .option('--confirm <name>', 'the name of the instance again')
    .option('--skip-final-set <reason>', 'take no last set, and say why')
    .option('--host-lost <reason>', 'the host is gone for good: only forget the instance, and say why')
    .option('--keep-sets <days>', 'how long its sets stay, such as 30d', days)
    .addOption(waitMinutes())
    .action((name: string, options: DecommissionOptions) => {
      const { confirm, skipFinalSet, hostLost, keepSets: keepSetsDays, waitMinutes } = options;
      const request = { instance: name, ...given({ confirm, skipFinalSet, hostLost, keepSetsDays, waitMinutes }) };
      return runProcedure(context, options, { type: 'decommission', request });
    });
}

function days(text: string): number {
  return number(text.replace(/d$/, ''));
}
