import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { homeDirectory } from '../embedded/home.ts';
import { stopEmbedded } from '../embedded/plane.ts';
import { purgeHome } from '../embedded/purge.ts';

export function addDown(program: Command, context: Context): void {
  program
    .command('down')
    .description('stop what `up` started; instances go on serving')
    .option('--purge', 'remove the home too: sets, keys and history')
    .option('--confirm', 'with --purge: also when instances exist')
    .action((options: { purge?: boolean; confirm?: boolean }) => down(context, options));
}

async function down(context: Context, options: { purge?: boolean; confirm?: boolean }): Promise<void> {
  const home = homeDirectory(context.env);
  const report = (line: string) => context.output.note(`  ${line}`);
  if (options.purge !== true) await stopEmbedded(home, report);
  else await purgeHome(home, { confirmed: options.confirm === true, report });
  context.output.out(options.purge === true ? `stopped, and ${home} removed` : `stopped; data stays in ${home}`);
}
