import { DrydockError } from '../../src/errors.ts';

/** The error with which something is refused that must be refused. */
export function refusalFrom(act: () => unknown): DrydockError {
  try {
    act();
  } catch (error) {
    if (error instanceof DrydockError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
