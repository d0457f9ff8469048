import { Argument, type Command } from 'commander';
import type { CleanupRequest } from '../../contracts/cleanup.ts';
import { given } from '../../given.ts';
import { cares } from '../../stores/kinds.ts';
import type { Context } from '../context.ts';
import { procedure, waitMinutes } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

type CleanupOptions = ProcedureOptions & { dryRun?: boolean; until?: string; waitMinutes?: number };

/** The verb that removes what an instance no longer needs. */
export function addCleanup(program: Command, context: Context): void {
  procedure(
    program.command('cleanup <name>').addArgument(new Argument('<what>').choices(cares.map(({ what }) => what))),
  )
    .description('delete old proto-concepts, or free the space of deleted points')
    .option('--dry-run', 'only count what would go')
    .option('--until <time>', 'when to stop, such as 2026-11-22T05:00:00Z; the rest stays for the next run')
    .addOption(waitMinutes())
    .action((name: string, what: CleanupRequest['what'], options: CleanupOptions) => {
      const { dryRun, until: untilAt, waitMinutes } = options;
      const request = { instance: name, what, ...given({ dryRun, untilAt, waitMinutes }) };
      return runProcedure(context, options, { type: 'cleanup', request });
    });
}
