import type { Command } from 'commander';
import type { AdoptReport } from '../../contracts/adopt.ts';
import type { Context } from './context.ts';
import { given, type ProcedureOptions, procedure, runProcedure } from './procedure.ts';

/** `adopt`: what to do when Temporal has lost its data. */
export function addAdoptCommand(program: Command, context: Context): void {
  procedure(program.command('adopt'))
    .description('make the instances of a host known again after Temporal lost its data')
    .option('--host <name>', 'the host; without it the default host')
    .action((options: ProcedureOptions & { host?: string }) =>
      runProcedure(context, options, (operations) => operations.adopt(given({ host: options.host })), describeAdoption),
    );
}

export function describeAdoption({ host, adopted, known }: AdoptReport): string {
  const lines = adopted.flatMap(({ instance, settled }) => [
    `${instance} is known again, and serves as it should`,
    ...settled.map((done) => `  ${done}`),
  ]);
  if (known.length > 0) lines.push(`known all along: ${known.join(', ')}`);
  return lines.length === 0 ? `host ${host} has no instances` : lines.join('\n');
}
