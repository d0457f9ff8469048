import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { explain, isCancellation, toFailure } from '../../failures.ts';
import type { StepLog } from './step-log.ts';

export interface Undo {
  /**
   * Registers what takes the next step back; written on the line above that step, since the step may half happen. A
   * sentence that `takeBack` returns is added to the error.
   */
  before(title: string, takeBack: () => Promise<unknown>): void;
  /** The point of no return: from here on the procedure only goes forward. */
  clear(): void;
}

/** What must be taken back, and which undos failed. */
export class UndoStack implements Undo {
  readonly log: StepLog;
  readonly undone: string[] = [];
  /** Title and reason of every undo that failed. */
  readonly leftBehind: string[] = [];
  private entries: { title: string; takeBack: () => Promise<unknown> }[] = [];

  constructor(log: StepLog) {
    this.log = log;
  }

  before(title: string, takeBack: () => Promise<unknown>): void {
    this.entries.unshift({ title, takeBack });
  }

  clear(): void {
    this.entries = [];
  }

  /** Runs all undos, newest first: a failed one is noted as left behind and the others are still tried. */
  async unwind(): Promise<void> {
    const entries = this.entries;
    this.entries = [];
    for (const { title, takeBack } of entries) {
      try {
        const said = await this.log.undo(title, takeBack);
        this.undone.push(typeof said === 'string' ? `${title} (${said})` : title);
      } catch (error) {
        this.leftBehind.push(`${title} (${explain(error).message})`);
      }
    }
  }
}

/**
 * Runs a procedure; if it fails or is cancelled, runs its undos, shielded from cancellation. The error then also says
 * what was undone and what was left behind; its code stays, and a cancellation stays a cancellation.
 */
export async function withUndo<T>(stack: UndoStack, body: () => Promise<T>): Promise<T> {
  const { log } = stack;
  const scope = log.platform.scope();
  try {
    return await scope.run(body);
  } catch (error) {
    // Steps that ran beside the failed step are stopped and waited for: an undo must not race with them.
    scope.cancel();
    await log.platform.shielded(async () => {
      await log.settled();
      await stack.unwind();
    });
    throw withOutcome(error, stack);
  }
}

function withOutcome(error: unknown, stack: UndoStack): Error {
  const outcome = [
    ...(stack.undone.length === 0 ? [] : [`undone: ${stack.undone.join(', ')}`]),
    ...(stack.leftBehind.length === 0 ? [] : [`left behind: ${stack.leftBehind.join(', ')}`]),
  ];
  const failure = toFailure(error);
  const { code, message, details } = explain(failure);
  const merged = {
    ...details,
    undone: [...(details.undone ?? []), ...stack.undone],
    leftBehind: [...(details.leftBehind ?? []), ...stack.leftBehind],
  };
  const sentence = [message, ...outcome].join('\n');
  if (isCancellation(failure)) return new CancelledFailure(sentence, [merged], failure);
  return ApplicationFailure.create({
    message: sentence,
    type: code,
    nonRetryable: true,
    details: [merged],
    cause: failure,
  });
}
