import { type Command, InvalidArgumentError } from 'commander';
import { given } from '../../given.ts';
import { parseDuration } from '../../model/words/duration.ts';
import type { Context } from '../context.ts';
import { procedure } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

type HoldOptions = ProcedureOptions & {
  reason?: string;
  until?: string;
  by?: string;
  jobs?: string[];
  release?: boolean;
};

export function addHold(program: Command, context: Context): void {
  procedure(program.command('hold <name>'))
    .description('hold the night jobs of an instance for a while, or let them go on')
    .option('--reason <text>', 'why; what operators read while it lasts')
    .option(
      '--until <time>',
      'when it ends by itself: a moment such as 2026-12-01T06:00Z, or a time from now such as 3d',
      until,
    )
    .option('--by <who>', 'who asked for it')
    .option('--jobs <names...>', 'only these jobs, such as drill; without it all of them, backups too')
    .option('--release', 'let them go on')
    .action((name: string, options: HoldOptions) => {
      const { reason, until: end, by, jobs, release } = options;
      const state = release === true ? ('off' as const) : ('on' as const);
      const request = { instance: name, state, ...given({ reason, until: end, by, jobs }) };
      return runProcedure(context, options, { type: 'hold', request });
    });
}

function until(text: string): string {
  const ms = parseDuration(text);
  const time = ms === undefined ? Date.parse(text) : Date.now() + ms;
  if (Number.isNaN(time)) throw new InvalidArgumentError('must be a moment such as 2026-12-01T06:00Z, or 12h, 3d');
  return new Date(time).toISOString();
}
