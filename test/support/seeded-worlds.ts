import { afterAll, beforeAll } from 'vitest';
import type { BlueprintChoices } from './builders.ts';
import type { Carrier } from './temporal.ts';
import { type Application, startApplication } from './world-application.ts';
import { createWorld, type MemoryWorld, type WorldOptions } from './world-in-memory.ts';
import { makeSeeds, type Seeds } from './world-runs.ts';

/** Worlds that the procedures of a file of tests begin in, with one application behind them all. */
export interface SeededWorlds {
  readonly seeds: Seeds;
  /** Port of the application. */
  readonly port: number;
  /** `pharma` serves. */
  serving(options?: WorldOptions): MemoryWorld;
  /** A blueprint was pushed, and there is no instance. */
  empty(options?: WorldOptions): MemoryWorld;
}

/** Makes the seeds before the tests; the options hold for all worlds. */
export function seededWorlds(
  carrier: Carrier,
  { stores, ...all }: { stores?: BlueprintChoices['stores'] } & Omit<WorldOptions, 'seed'> = {},
): SeededWorlds {
  let application: Application;
  let seeds: Seeds;
  beforeAll(async () => {
    application = await startApplication();
    seeds = await makeSeeds(carrier, application, stores, all);
  });
  afterAll(() => application?.close());
  return {
    get seeds() {
      return seeds;
    },
    get port() {
      return application.port;
    },
    serving: (options) => createWorld({ application, seed: seeds.serving, ...all, ...options }),
    empty: (options) => createWorld({ application, seed: seeds.empty, ...all, ...options }),
  };
}
