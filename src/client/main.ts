import { Command, CommanderError } from 'commander';
import { describeError } from '../errors.ts';
import { addAdopt } from './commands/adopt.ts';
import { addApprove } from './commands/approve.ts';
import { addBackup } from './commands/backup.ts';
import { addBlueprint } from './commands/blueprint.ts';
import { addCancel } from './commands/cancel.ts';
import { addCleanup } from './commands/cleanup.ts';
import { addDecommission } from './commands/decommission.ts';
import { addDown } from './commands/down.ts';
import { addDrill } from './commands/drill.ts';
import { addHold } from './commands/hold.ts';
import { addProvision } from './commands/provision.ts';
import { addReadOnly } from './commands/read-only.ts';
import { addReject } from './commands/reject.ts';
import { addReport } from './commands/report.ts';
import { addRestore } from './commands/restore.ts';
import { addRetention } from './commands/retention.ts';
import { addSchedule } from './commands/schedule.ts';
import { addSet } from './commands/set.ts';
import { addSets } from './commands/sets.ts';
import { addStatus } from './commands/status.ts';
import { addTier } from './commands/tier.ts';
import { addUp } from './commands/up.ts';
import { addUpgrade } from './commands/upgrade.ts';
import { addVerify } from './commands/verify.ts';
import { addWatch } from './commands/watch.ts';
import type { Context } from './context.ts';
import { errorJson } from './error-json.ts';
import { commandExitCodes, exitCodeOf } from './exit-codes.ts';
import { processContext } from './process-context.ts';
import { Reported } from './run-procedure.ts';

/** Every verb, in the order of the help, each from its own file. */
const verbs = [
  addUp,
  addDown,
  addBlueprint,
  addProvision,
  addReadOnly,
  addTier,
  addDecommission,
  addBackup,
  addRestore,
  addVerify,
  addDrill,
  addUpgrade,
  addApprove,
  addReject,
  addCleanup,
  addSets,
  addSet,
  addRetention,
  addSchedule,
  addHold,
  addAdopt,
  addStatus,
  addReport,
  addWatch,
  addCancel,
];

export function buildProgram(context: Context): Command {
  const program = new Command('drydock')
    .description('operations of dedicated client instances: provision, back up, restore, upgrade, verify')
    .showHelpAfterError('(drydock help shows what can be asked)')
    .configureOutput({
      writeOut: (text) => context.output.out(text.trimEnd()),
      writeErr: (text) => context.output.note(text.trimEnd()),
    })
    .exitOverride();
  for (const add of verbs) add(program, context);
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

if (import.meta.main) process.exitCode = await run(process.argv.slice(2), processContext());
