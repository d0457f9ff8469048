import type { Command } from 'commander';
import type { ApprovalAnswer } from '../contracts/approval.ts';
import { caller } from './caller.ts';
import type { Context } from './context.ts';
import { look } from './run-procedure.ts';

interface DecisionOptions {
  plan: string;
  by?: string;
  comment?: string;
  json?: boolean;
}

/** The shared part of `approve` and `reject`: everything but the word. */
export function addDecision(program: Command, context: Context, verb: 'approve' | 'reject', description: string): void {
  program
    .command(`${verb} <name>`)
    .description(description)
    .requiredOption('--plan <hash>', 'the plan you looked at')
    .option('--by <who>', 'who decides; without it your user')
    .option('--comment <text>', 'why; kept in the report and the journal')
    .option('--json', 'print one JSON object')
    .action((instance: string, options: DecisionOptions) => {
      const { plan, by = caller(), comment } = options;
      const message = { plan, by, comment };
      return look(
        context,
        options,
        (operations) => operations[verb](instance, message),
        (answer) => describeAnswer(instance, by, answer),
      );
    });
}

function describeAnswer(instance: string, by: string, { decision, approvals, needed }: ApprovalAnswer): string {
  const head = `the upgrade of ${instance} is ${decision} by ${by}`;
  if (decision === 'rejected') return head;
  const missing = needed - approvals;
  return missing > 0 ? `${head}; ${missing} more must approve it` : head;
}
