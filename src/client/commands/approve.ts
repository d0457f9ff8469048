import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { addDecision } from '../decision.ts';

export function addApprove(program: Command, context: Context): void {
  addDecision(program, context, 'approve', 'say yes to the plan of the upgrade that waits on an instance');
}
