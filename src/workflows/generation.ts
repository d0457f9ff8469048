import { patched } from '@temporalio/workflow';
import type { Lease } from '../contracts/lease.ts';
import type { ContentsComparison, RestorePlan } from '../contracts/restore.ts';
import type { Run } from './run.ts';
import type { HostSteps } from './steps.ts';

/** What only some procedures do to the generation they build. */
interface Additions {
  /** When every artifact lies in staging. A drill does here what its checks need. */
  readonly whenFetched?: () => Promise<void>;
  /** Before its stores start for the first time. */
  readonly beforeStart?: () => Promise<void>;
  /** While its stores run and hold exactly what the set says. */
  readonly whileItRuns?: () => Promise<void>;
  /** Its stores run on: they are removed next, or stopped together with those that serve (`swapGeneration`). */
  readonly runsOn?: true;
}

/** Fetches and checks every artifact, then builds, counts and verifies the next generation. The serving one is not touched. */
export async function buildGeneration(
  plan: RestorePlan,
  lease: Lease,
  run: Run,
  additions: Additions = {},
): Promise<ContentsComparison[]> {
  const { instance, toGeneration: generation } = plan;
  const host = run.host(lease);

  run.undo.before('discard staging', () => host.discardStaging({ plan }));
  const pace = paceOf(plan);
  await pace.fetchAndCheck(plan, host, additions.whenFetched);

  run.undo.before(`remove generation ${generation}`, () => host.removeGeneration({ instance, generation }));
  await host.createGeneration({ plan });
  const comparisons = await pace.fill(plan, host, additions.beforeStart);
  await host.verifyGeneration({ plan });
  await additions.whileItRuns?.();
  if (additions.runsOn === undefined || !mayRunOn()) await host.stopGeneration({ instance, generation });
  return comparisons;
}

/** How the stores of a generation are dealt with: each at its own pace, or each step for all of them before the next. */
interface Pace {
  fetchAndCheck(plan: RestorePlan, host: HostSteps, whenFetched?: () => Promise<void>): Promise<unknown>;
  fill(plan: RestorePlan, host: HostSteps, beforeStart?: () => Promise<void>): Promise<ContentsComparison[]>;
}

/** Who restores is waited for, so what needs no other goes beside it. A drill takes its time: no client shall feel it. */
function paceOf({ drill }: RestorePlan): Pace {
  return drill === undefined && patched('each store at its own pace') ? sideBySide : oneByOne;
}

const sideBySide: Pace = {
  /** One is fetched after the other, and checked while the next ones are fetched. */
  async fetchAndCheck(plan, host, whenFetched) {
    const inTurn = turns();
    const all = partsOf(plan).map(async (store) => {
      await inTurn(() => host.fetchArtifacts({ plan, store }));
      if (plan.stores.includes(store)) await host.checkStore({ plan, store });
    });
    await Promise.all(all);
    await whenFetched?.();
  },
  /** They begin in the declared order. One is started after the other: they share a network, which the first one makes. */
  async fill(plan, host, beforeStart) {
    await beforeStart?.();
    const inTurn = turns();
    const all = plan.stores.map(async (store) => {
      await host.loadStore({ plan, store });
      await inTurn(() => host.startBuiltStore({ plan, store }));
      return completed(plan, host, store);
    });
    return Promise.all(all);
  },
};

const oneByOne: Pace = {
  async fetchAndCheck(plan, host, whenFetched) {
    for (const store of partsOf(plan)) await host.fetchArtifacts({ plan, store });
    await whenFetched?.();
    for (const store of plan.stores) await host.checkStore({ plan, store });
  },
  async fill(plan, host, beforeStart) {
    for (const store of plan.stores) await host.loadStore({ plan, store });
    await beforeStart?.();
    await host.startGeneration({ plan });
    const comparisons = [];
    for (const store of plan.stores) comparisons.push(await completed(plan, host, store));
    return comparisons;
  },
};

async function completed(plan: RestorePlan, host: HostSteps, store: string): Promise<ContentsComparison> {
  await host.loadRunningStore({ plan, store });
  return host.compareStore({ plan, store });
}

/** Lets one act begin when the one before it, if it came to that, has ended well. */
function turns(): (act: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (act) => {
    last = last.then(act);
    return last;
  };
}

/** Also what no store needs: a set with one damaged artifact is a damaged set. */
function partsOf({ stores, artifacts }: RestorePlan): string[] {
  return [...new Set([...stores, ...artifacts.map(({ store }) => store)])];
}

/** False in a run that began before: its built generation was stopped at once. */
const mayRunOn = () => patched('built generation runs on');

/**
 * Makes the built generation the serving one. Unavailable from closing to opening, however large the data. Until the last
 * line anything that fails brings the old generation back.
 */
export async function swapGeneration(
  plan: RestorePlan,
  lease: Lease,
  run: Run,
  keepUntil: string,
): Promise<{ unavailableMs: number }> {
  const { instance, fromGeneration: from, toGeneration: to } = plan;
  const host = run.host(lease);

  run.undo.before(`serve generation ${from} again`, async () => {
    await host.stopServing({ instance });
    await host.switchGeneration({ instance, generation: from, insteadOf: to });
    await host.startServing({ instance });
    await host.openEdge({ instance });
  });
  const closed = await host.closeEdge({ instance });
  const stopped: { built?: number } | undefined = await host.stopServing({ instance, built: to });
  // A host worker from before stops only what serves; two servers on one volume would be the end of its data.
  if (mayRunOn() && stopped?.built !== to) await host.stopGeneration({ instance, generation: to });
  await host.switchGeneration({ instance, generation: to, insteadOf: from, keepUntil });
  await host.startServing({ instance });
  await host.initStores({ instance });
  await host.smoke({ instance });
  const readable = await host.admitReads({ instance });
  await host.verifyInstance({ instance });
  await host.openEdge({ instance });
  await host.discardStaging({ plan });

  run.undo.clear(); // The new generation serves writes: going back would lose them.
  run.record({ generation: to }, 'always');
  return { unavailableMs: Date.parse(readable.at) - Date.parse(closed.at) };
}
