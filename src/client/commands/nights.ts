import { type Command, InvalidArgumentError } from 'commander';
import type { HoldReport, ScheduleReport } from '../../contracts/night.ts';
import { parseDuration } from '../../model/words/duration.ts';
import type { ScheduleView } from '../schedules.ts';
import { formatTable } from '../units.ts';
import type { Context } from './context.ts';
import { given, look, type ProcedureOptions, procedure, runProcedure } from './procedure.ts';

type ApplyOptions = ProcedureOptions & { dryRun?: boolean };
type HoldOptions = ProcedureOptions & {
  reason?: string;
  until?: string;
  by?: string;
  jobs?: string[];
  release?: boolean;
};

/** Verbs that decide what happens at night. */
export function addNightCommands(program: Command, context: Context): void {
  const schedule = program.command('schedule').description('what happens at night');
  addApply(schedule, context);
  schedule
    .command('list [name]')
    .description('the schedules of one instance, or of all')
    .option('--json', 'print one JSON object')
    .action((name: string | undefined, options: { json?: boolean }) =>
      look(context, options, (operations) => operations.schedules(name), describeSchedules),
    );
  addHold(program, context);
}

function addApply(schedule: Command, context: Context): void {
  procedure(schedule.command('apply [name]'))
    .description('make the schedules what tier and blueprint ask for, of one instance or of all')
    .option('--dry-run', 'only say what would change')
    .action(async (name: string | undefined, options: ApplyOptions) => {
      const request = given({ instance: name });
      const ask = (dryRun: boolean) =>
        runProcedure(context, options, (operations) => operations.schedule({ ...request, dryRun }), describeChanges);
      // The difference first: what is then applied is worked out again, on what is there by then.
      if (options.json !== true && options.detach !== true) await ask(true);
      else if (options.dryRun === true) return ask(true);
      if (options.dryRun !== true) await ask(false);
    });
}

function addHold(program: Command, context: Context): void {
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
      return runProcedure(context, options, (operations) => operations.hold(request), describeHold);
    });
}

function until(text: string): string {
  const ms = parseDuration(text);
  const time = ms === undefined ? Date.parse(text) : Date.now() + ms;
  if (Number.isNaN(time)) throw new InvalidArgumentError('must be a moment such as 2026-12-01T06:00Z, or 12h, 3d');
  return new Date(time).toISOString();
}

export function describeChanges({ outcome, changes }: Pick<ScheduleReport, 'outcome' | 'changes'>): string {
  const differ = changes.filter(({ change }) => change !== 'unchanged');
  const unchanged = changes.length - differ.length;
  if (differ.length === 0) return `${unchanged} schedules are what they shall be`;
  const said = outcome === 'planned' ? 'to change' : 'changed';
  return [
    `${differ.length} schedules ${said}, ${unchanged} are what they shall be`,
    formatTable(
      ['', 'SCHEDULE', 'WHAT'],
      differ.map(({ id, change, words }) => [change, id, words]),
    ),
  ].join('\n');
}

export function describeSchedules(views: readonly ScheduleView[]): string {
  if (views.length === 0) return 'no schedules; drydock schedule apply makes them';
  const rows = views.map(({ id, every, nextAt, lastAt, paused }) => [
    id,
    every ?? '—',
    paused === undefined ? minute(nextAt) : 'paused',
    minute(lastAt),
    paused ?? '',
  ]);
  return formatTable(['SCHEDULE', 'EVERY', 'NEXT (UTC)', 'LAST (UTC)', ''], rows);
}

function minute(instant: string | undefined): string {
  return instant?.slice(0, 16).replace('T', ' ') ?? '—';
}

export function describeHold({ instance, hold }: HoldReport): string {
  if (hold === undefined) return `the night jobs of ${instance} go on`;
  const which = hold.jobs === undefined ? 'the night jobs' : hold.jobs.join(', ');
  return `${which} of ${instance} are held until ${hold.until}: ${hold.reason}`;
}
