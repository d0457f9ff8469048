import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

/** Which step a host worker dies in: that which begins as the nth, or one by its name, such as `backup capture-store-graph`. */
export type DrawnStep = number | string;

/**
 * Each commit draws other steps, so that in time all of them are drawn, and the same commit always the same.
 * `KILL_STEP` says it instead: a number, or the name of a step as the test prints it.
 */
export function drawnStep(procedure: string, steps: number, environment: NodeJS.ProcessEnv = process.env): DrawnStep {
  const wanted = environment['KILL_STEP'];
  if (wanted === undefined || wanted === '') return stepOfCommit(procedure, steps, commit());
  if (/^\d+$/.test(wanted)) return Number(wanted);
  return wanted.startsWith(`${procedure} `) ? wanted : stepOfCommit(procedure, steps, commit());
}

export function stepOfCommit(procedure: string, steps: number, commit: string): number {
  return 1 + (createHash('sha256').update(`${commit} ${procedure}`).digest().readUInt32BE() % steps);
}

function commit(): string {
  return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
}
