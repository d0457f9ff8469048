import type { Command } from 'commander';
import type { DrillReport } from '../../contracts/drill.ts';
import { formatBytes, formatDuration, formatTable } from '../units.ts';
import type { Context } from './context.ts';
import { given, number, type ProcedureOptions, procedure, runProcedure } from './procedure.ts';

/** `drill`: proves by doing that a set can be restored. */
export function addDrillCommand(program: Command, context: Context): void {
  procedure(program.command('drill <name>'))
    .description('bring a set up in a throw-away place, prove that it works, and remove everything again')
    .option('--set <id>', 'which set: latest, random or its id')
    .option('--wait-minutes <minutes>', 'how long to wait while another procedure holds the instance', number)
    .action((name: string, options: ProcedureOptions & { set?: string; waitMinutes?: number }) => {
      const request = { instance: name, ...given({ set: options.set, waitMinutes: options.waitMinutes }) };
      return runProcedure(context, options, (operations) => operations.drill(request), describeDrill);
    });
}

export function describeDrill(report: DrillReport): string {
  const { set, instance, host, sizeBytes, recoveryMs, comparisons, checks, removed, steps, evidence } = report;
  const times = steps.flatMap(({ name, startedAt, endedAt }) =>
    endedAt === undefined ? [] : [[name, formatDuration(Date.parse(endedAt) - Date.parse(startedAt))]],
  );
  return [
    `set ${set} of ${instance} comes up on host ${host}: ${formatBytes(sizeBytes)} in ${formatDuration(recoveryMs)}`,
    ...comparisons.map(
      ({ store, equal, differences }) => `  ${store}: ${equal ? 'equal to the set' : differences.join('; ')}`,
    ),
    ...checks.map(({ what, ok, seen }) => `  ${ok ? '✔' : '✖'} ${what}: ${seen}`),
    'removed, looked for again, and not found:',
    ...removed.map((what) => `  ${what}`),
    '',
    formatTable(['STEP', 'TOOK'], times),
    '',
    `noted in ${evidence.key}`,
  ].join('\n');
}
