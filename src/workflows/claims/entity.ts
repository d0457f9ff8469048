import type { z } from 'zod';
import { invalidInput, toFailure } from '../../failures.ts';
import { onTemporal } from '../running/on-temporal.ts';
import type { Platform } from '../running/platform.ts';

/** What grants claims on one subject, and lives as long as the subject does. */
interface Definition<State extends z.ZodType> {
  /** What one run hands over to the next. */
  readonly request: State;
  /** Registers its handlers before it awaits anything. Returns the state for the next run, or undefined at the end. */
  readonly serve: (state: z.output<State>, platform: Platform) => Promise<z.input<State> | undefined>;
}

/** A workflow of Temporal of any number of runs; `on` runs the same entity on any other platform. */
export function entity<State extends z.ZodType>({ request, serve }: Definition<State>) {
  const on = async (platform: Platform, input?: unknown): Promise<void> => {
    const state = request.safeParse(input);
    if (!state.success) throw toFailure(invalidInput(state.error));
    // A cancellation is ignored: it would lose the queue and the last token.
    const next = await platform.shielded(() => serve(state.data, platform));
    if (next !== undefined) await platform.beginAnew(next);
  };
  return Object.assign((input?: unknown) => on(onTemporal, input), { on });
}
