import type { Command } from 'commander';
import { given } from '../../given.ts';
import type { Context } from '../context.ts';
import { keyValue, procedure } from '../options.ts';
import { type ProcedureOptions, runProcedure } from '../run-procedure.ts';

type ProvisionOptions = ProcedureOptions & {
  blueprint: string;
  host?: string;
  tier?: 'standard' | 'premium';
  set?: Record<string, string>;
  storePorts?: 'closed' | 'loopback';
};

export function addProvision(program: Command, context: Context): void {
  procedure(program.command('provision <name>'))
    .description('make a new instance from a blueprint')
    .requiredOption('--blueprint <ref>', 'name and version, such as osmose@1.0.0')
    .option('--host <name>', 'where; without it the default host')
    .option('--tier <tier>', 'standard or premium')
    .option('--set <KEY=VALUE>', 'value of a variable; may be repeated. secret:NAME names a file on the host', keyValue)
    .option('--store-ports <where>', 'closed, or loopback to publish the stores on 127.0.0.1 of the host')
    .action((name: string, options: ProvisionOptions) => {
      const { blueprint, host, tier, set: variables, storePorts } = options;
      const request = { instance: name, blueprint, ...given({ host, tier, variables, storePorts }) };
      return runProcedure(context, options, { type: 'provision', request });
    });
}
