import { Command, CommanderError } from 'commander';
import { type Environment, readClientConfig } from '../config.ts';
import { describeError } from '../errors.ts';
import { addAdoptCommand } from './commands/adopt.ts';
import { addApprovalCommands } from './commands/approval.ts';
import { addBlueprintCommands } from './commands/blueprint.ts';
import { addCleanupCommand } from './commands/cleanup.ts';
import type { Context } from './commands/context.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDrillCommand } from './commands/drill.ts';
import { addEmbeddedCommands } from './commands/embedded.ts';
import { addInstanceCommands } from './commands/instances.ts';
import { addNightCommands } from './commands/nights.ts';
import { Reported } from './commands/procedure.ts';
import { addRecoveryCommands } from './commands/recovery.ts';
import { addReportCommand } from './commands/report.ts';
import { addRetentionCommands } from './commands/retention.ts';
import { addSetCommands } from './commands/sets.ts';
import { addStatusCommand } from './commands/status.ts';
import { addUpgradeCommand } from './commands/upgrade.ts';
import { addWatchCommands } from './commands/watch.ts';
import { homeDirectory } from './embedded/home.ts';
import { readEmbedded } from './embedded/plane.ts';
import { errorJson } from './error-json.ts';
import { commandExitCodes, exitCodeOf } from './exit-codes.ts';
import { connect } from './operations.ts';
import { processOutput } from './output.ts';

export function buildProgram(context: Context): Command {
  const program = new Command('drydock')
    .description('operations of dedicated client instances: provision, back up, restore, upgrade, verify')
    .showHelpAfterError('(drydock help shows what can be asked)')
    .configureOutput({
      writeOut: (text) => context.output.out(text.trimEnd()),
      writeErr: (text) => context.output.note(text.trimEnd()),
    })
    .exitOverride();
  addEmbeddedCommands(program, context);
  addDemoCommand(program, context);
  addBlueprintCommands(program, context);
  addInstanceCommands(program, context);
  addRecoveryCommands(program, context);
  addDrillCommand(program, context);
  addUpgradeCommand(program, context);
  addApprovalCommands(program, context);
  addCleanupCommand(program, context);
  addSetCommands(program, context);
  addRetentionCommands(program, context);
  addNightCommands(program, context);
  addAdoptCommand(program, context);
  addStatusCommand(program, context);
  addReportCommand(program, context);
  addWatchCommands(program, context);
  return program;
}

/** Runs one command line and returns its exit code. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  try {
    await buildProgram(context).parseAsync(args, { from: 'user' });
    return commandExitCodes.done.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : commandExitCodes.usage.exitCode;
    if (error instanceof Reported) return error.exitCode;
    if (args.includes('--json')) context.output.out(JSON.stringify(errorJson(error)));
    else context.output.note(`drydock: ${describeError(error)}`);
    return exitCodeOf(error);
  }
}

/** The embedded control plane of this home, unless an address was given. */
function withEmbeddedAddress(env: Environment): Environment {
  if (env['DRYDOCK_TEMPORAL_ADDRESS']) return env;
  const embedded = readEmbedded(homeDirectory(env));
  return embedded === undefined ? env : { ...env, DRYDOCK_TEMPORAL_ADDRESS: embedded.address };
}

/** One signal for the whole command: later procedures of it do not begin once the first was left. */
function interruptOnce(): () => AbortSignal {
  let controller: AbortController | undefined;
  return () => {
    if (controller === undefined) {
      const fresh = new AbortController();
      process.once('SIGINT', () => fresh.abort());
      controller = fresh;
    }
    return controller.signal;
  };
}

if (import.meta.main) {
  const context: Context = {
    env: process.env,
    output: processOutput,
    connect: () => connect(readClientConfig(withEmbeddedAddress(process.env))),
    onInterrupt: interruptOnce(),
  };
  process.exitCode = await run(process.argv.slice(2), context);
}
