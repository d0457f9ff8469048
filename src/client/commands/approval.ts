import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { ApprovalAnswer } from '../../contracts/approval.ts';
import type { Context } from './context.ts';
import { given, look } from './procedure.ts';

interface DecisionOptions {
  plan: string;
  by?: string;
  comment?: string;
  json?: boolean;
}

/** `approve` and `reject`: say yes or no to the plan of an upgrade that waits. */
export function addApprovalCommands(program: Command, context: Context): void {
  addDecision(program, context, 'approve', 'say yes to the plan of the upgrade that waits on an instance');
  addDecision(program, context, 'reject', 'say no to a plan that waits, or send an upgrade back while it is watched');
}

function addDecision(program: Command, context: Context, verb: 'approve' | 'reject', description: string): void {
  program
    .command(`${verb} <name>`)
    .description(description)
    .requiredOption('--plan <hash>', 'the plan you looked at')
    .option('--by <who>', 'who decides; without it your user')
    .option('--comment <text>', 'why; kept in the report and the journal')
    .option('--json', 'print one JSON object')
    .action((instance: string, options: DecisionOptions) => {
      const { plan, by = caller(), comment } = options;
      const message = { plan, by, ...given({ comment }) };
      return look(
        context,
        options,
        (operations) => operations[verb](instance, message),
        (answer) => describeAnswer(instance, by, answer),
      );
    });
}

/** Who runs the command, as far as this machine knows. Without the machine: on another one it is the same person. */
export function caller(): string {
  return userInfo().username.slice(0, 100);
}

export function describeAnswer(instance: string, by: string, { decision, approvals, needed }: ApprovalAnswer): string {
  const head = `the upgrade of ${instance} is ${decision} by ${by}`;
  if (decision === 'rejected') return head;
  const missing = needed - approvals;
  return missing > 0 ? `${head}; ${missing} more must approve it` : head;
}
