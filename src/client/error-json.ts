import { DrydockError } from '../errors.ts';
import { exitCodeOf, RunEnded } from './exit-codes.ts';

/** An error in the form of `--json`. */
export function errorJson(error: unknown): Record<string, unknown> {
  const exitCode = exitCodeOf(error);
  if (error instanceof RunEnded) return { outcome: error.outcome, exitCode, message: error.message };
  if (error instanceof DrydockError) {
    const { code, message, problems, next } = error;
    return { outcome: 'failed', exitCode, code, message, problems, next };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { outcome: 'failed', exitCode, code: 'internal', message, problems: [] };
}
