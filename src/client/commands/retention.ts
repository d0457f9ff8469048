import type { Command } from 'commander';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { nameOrFullName, procedure, waitMinutes } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

type RetentionOptions = ProcedureOptions & { waitMinutes?: number };

/** `retention plan` shows which sets go and why; `retention apply` makes a new plan and carries it out. */
export function addRetention(program: Command, context: Context): void {
  const retention = program.command('retention').description('delete recovery sets that no rule keeps');
  add(retention.command('plan <name>'), context, 'plan').description('which sets would go, and why; deletes nothing');
  add(retention.command('apply <name>'), context, 'apply').description(
    'delete what no rule keeps, and what unfinished backups left',
  );
}

function add(command: Command, context: Context, verb: 'plan' | 'apply'): Command {
  return procedure(command)
    .addOption(waitMinutes())
    .action((name: string, options: RetentionOptions) => {
      const request = {
        ...nameOrFullName(name),
        dryRun: verb === 'plan',
        ...given({ waitMinutes: options.waitMinutes }),
      };
      return runProcedure(context, options, { type: 'retention', request });
    });
}
