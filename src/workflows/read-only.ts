import { operator, readOnlyContract } from '../contracts/edge-mode.ts';
import { procedure } from './running/procedure.ts';

/**
 * The operator's switch: the edge answers writes with 503 and Retry-After, reads go on.
 * After:   the mode holds until it is switched back, over restarts and over every other procedure.
 * Failure: the mode is as before, or is read-only and the report says how many writes were still running.
 */
export const readOnly = procedure({
  ...readOnlyContract,
  steps: async (request, run) => {
    const { instance, reason } = request;
    const lease = await run.takeLease(instance, request.waitMinutes);
    const host = run.host(lease);
    if (request.state === 'off') {
      await host.releaseReadOnly({ instance, by: operator }); // the switch is its own undo
      run.record({ mode: 'open', modeReason: '' });
      return { instance, mode: 'open' as const, writesLeft: 0 };
    }
    const { writesLeft } = await host.holdReadOnly({ instance, by: operator, reason }); // the switch is its own undo
    run.record({ mode: 'read-only', modeReason: reason });
    return { instance, mode: 'read-only' as const, writesLeft };
  },
});
