import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

/** The step in which a host worker dies: by its number, or by its name, such as `backup capture-store-graph`. */
export type DrawnStep = number | string;

/**
 * Each commit draws another step, so that in time all steps are drawn; the same commit always draws the same step.
 * `KILL_STEP` overrides the draw: a number, or the name of a step as the test prints it.
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
