import type { Activities } from './temporal.ts';

/** The steps of settling on a host that needs no repair but the one of `liftHolds`. */
export function settlingSteps(
  liftHolds: (input: { instance: string; dead: string[] }) => Promise<string[]> = async () => [],
  facts: object = { mode: 'open' },
): Activities {
  const nothing = async () => [];
  return {
    findInstance: async () => ({ made: true }),
    stopStrayJobs: nothing,
    liftHolds,
    endExchange: nothing,
    endSwitch: nothing,
    endDeadDrill: nothing,
    removeBuilds: nothing,
    stopStrayWriters: nothing,
    recoverStores: nothing,
    startMissing: nothing,
    restoreVacuum: nothing,
    settleEdge: nothing,
    endUpgrade: nothing,
    readFacts: async () => facts,
  };
}
