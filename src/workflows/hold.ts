import { holdContract } from '../contracts/night.ts';
import { procedure } from './running/procedure.ts';

/** Holds the night jobs of an instance until a time, or lets them go on. Nothing of the instance itself changes. */
export const hold = procedure({
  ...holdContract,
  steps: async ({ instance, state, reason, until, by, jobs }, run) => {
    if (state === 'off') {
      await run.control.setHold({ instance }); // the switch is its own undo
      return { instance };
    }
    const since = run.instant();
    const made = {
      ...{ reason: reason ?? '', since, until: until ?? since }, // The schema wants both times.
      by,
      jobs,
    };
    await run.control.setHold({ instance, hold: made }); // the switch is its own undo
    return { instance, hold: made };
  },
});
