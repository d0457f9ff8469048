import type { Command } from 'commander';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { procedure } from '../options.ts';
import { look, type ProcedureOptions, runProcedure } from '../run-procedure.ts';
import { describeSchedules } from '../words/schedules.ts';

type ApplyOptions = ProcedureOptions & { dryRun?: boolean };

/** `schedule apply` and `schedule list`: the jobs of the nights. */
export function addSchedule(program: Command, context: Context): void {
  const schedule = program.command('schedule').description('what happens at night');
  addApply(schedule, context);
  schedule
    .command('list [name]')
    .description('the schedules of one instance, or of all')
    .option('--json', 'print one JSON object')
    .action((name: string | undefined, options: { json?: boolean }) =>
      look(context, options, (operations) => operations.schedules(name), describeSchedules),
    );
}

function addApply(schedule: Command, context: Context): void {
  procedure(schedule.command('apply [name]'))
    .description('make the schedules what tier and blueprint ask for, of one instance or of all')
    .option('--dry-run', 'only say what would change')
    .action(async (name: string | undefined, options: ApplyOptions) => {
      const request = given({ instance: name });
      const ask = (dryRun: boolean) =>
        runProcedure(context, options, { type: 'schedule', request: { ...request, dryRun } });
      // Shows the difference first; applying computes it again from the schedules of that moment.
      if (options.json !== true && options.detach !== true) await ask(true);
      else if (options.dryRun === true) return ask(true);
      if (options.dryRun !== true) await ask(false);
    });
}
