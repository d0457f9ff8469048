import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { addDecision } from '../decision.ts';

export function addReject(program: Command, context: Context): void {
  addDecision(program, context, 'reject', 'say no to a plan that waits, or send an upgrade back while it is watched');
}
