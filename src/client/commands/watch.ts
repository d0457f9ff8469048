import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { followRun, type ProcedureOptions } from '../run-procedure.ts';
import { describeResult } from '../words/reports.ts';

/** `watch`: returns to a run that goes on without the command. */
export function addWatch(program: Command, context: Context): void {
  program
    .command('watch <workflow-id>')
    .description('follow a run that was started before')
    .option('--json', 'print one JSON object: the result, or the error')
    .action((workflowId: string, options: ProcedureOptions) =>
      followRun(context, options, {
        start: async (operations) => operations.run(workflowId),
        words: describeResult,
        shows: 'all',
      }),
    );
}
