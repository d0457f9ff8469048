import { Argument, type Command } from 'commander';
import { Tier } from '../../contracts/ids.ts';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { procedure, waitMinutes } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

type TierOptions = ProcedureOptions & { waitMinutes?: number };

export function addTier(program: Command, context: Context): void {
  procedure(program.command('tier <name>').addArgument(new Argument('<tier>').choices(Tier.options)))
    .description('change what was sold to the client, standard or premium, and with it the schedules')
    .addOption(waitMinutes())
    .action((name: string, tier: Tier, { waitMinutes, ...options }: TierOptions) => {
      const request = { instance: name, tier, ...given({ waitMinutes }) };
      return runProcedure(context, options, { type: 'changeTier', request });
    });
}
