import { DrydockError, errorCodes } from '../errors.ts';

/** Exit codes of the command that belong to no error code. */
export const commandExitCodes = {
  done: { exitCode: 0, meaning: 'the procedure finished, or was started with --detach' },
  usage: { exitCode: 2, meaning: 'the command line is not understood' },
  cancelled: { exitCode: 9, meaning: 'the procedure was cancelled, and what it had begun was undone' },
  terminated: { exitCode: 10, meaning: 'the procedure was terminated or timed out: nothing was undone' },
  detached: { exitCode: 130, meaning: 'Ctrl-C: the command left, the procedure goes on' },
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof RunEnded) return commandExitCodes[error.outcome].exitCode;
  return errorCodes[error instanceof DrydockError ? error.code : 'internal'].exitCode;
}

/** A run that ended with neither a result nor an error of its own. */
export class RunEnded extends Error {
  readonly outcome: 'cancelled' | 'terminated' | 'detached';

  constructor(outcome: 'cancelled' | 'terminated' | 'detached', message: string) {
    super(message);
    this.name = 'RunEnded';
    this.outcome = outcome;
  }
}
