import type { Environment } from '../config.ts';
import type { Operations } from './operations.ts';
import type { Output } from './output.ts';

/** The surroundings of every command; tests pass their own. */
export interface Context {
  env: Environment;
  output: Output;
  connect(): Promise<Operations>;
  /** From now on Ctrl-C aborts this signal instead of ending the command; a second Ctrl-C ends the command. */
  onInterrupt(): AbortSignal;
}

/** Runs a function that needs Temporal, and always closes the connection. */
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
