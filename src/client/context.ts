import type { Environment } from '../config.ts';
import type { Operations } from './operations.ts';
import type { Output } from './output.ts';

/** What every command is given; tests pass their own. */
export interface Context {
  env: Environment;
  output: Output;
  connect(): Promise<Operations>;
  /** From now on Ctrl-C aborts this signal instead of ending the command; a second one ends it. */
  onInterrupt(): AbortSignal;
}

/** Runs something that needs Temporal, and closes the connection whatever happens. */
export async function withOperations<Result>(
  context: Context,
  act: (operations: Operations) => Promise<Result>,
): Promise<Result> {
  const operations = await context.connect();
  try {
    return await act(operations);
  } finally {
    await operations.close();
  }
}
