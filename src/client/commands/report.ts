import { type Command, InvalidArgumentError } from 'commander';
import { Month } from '../../contracts/report.ts';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { nameOrFullName } from '../options.ts';
import { runProcedure } from '../run-procedure.ts';

/** `report`: one month of an instance as a document for outsiders. */
export function addReport(program: Command, context: Context): void {
  program
    .command('report <name>')
    .description(
      'what is proven of one month of an instance, as Markdown: sets, drills, restores, upgrades, availability',
    )
    .option('--month <month>', 'such as 2026-11, in UTC; without it the last month that is over', month)
    .option('--json', 'print one JSON object')
    .action((name: string, options: { month?: string; json?: boolean }) =>
      runProcedure(context, options, {
        type: 'report',
        request: { ...nameOrFullName(name), ...given({ month: options.month }) },
      }),
    );
}

function month(text: string): string {
  const read = Month.safeParse(text);
  if (read.success) return read.data;
  throw new InvalidArgumentError('must be a month such as 2026-11');
}
