import type { Lease } from '../../contracts/lease.ts';
import type { ContentsComparison, RestorePlan } from '../../contracts/restore.ts';
import type { Run } from '../running/run.ts';
import type { HostSteps } from '../running/steps.ts';

/** What only some procedures do to the generation they build. */
interface Additions {
  /** When every artifact lies in staging, and before the generation is made. */
  readonly whenFetched?: () => Promise<void>;
  /** Before its stores start for the first time. */
  readonly beforeStart?: () => Promise<void>;
  /** While its stores run and hold exactly what the set says. */
  readonly whileItRuns?: () => Promise<void>;
  /** Its stores run on: they are removed next, or stopped together with those that serve (`serveBuiltGeneration`). */
  readonly runsOn?: true;
}

/** Makes the next generation of checked artifacts, and proves that it holds what the set says. The serving one is not touched. */
export async function buildGeneration(
  plan: RestorePlan,
  lease: Lease,
  run: Run,
  additions: Additions = {},
): Promise<ContentsComparison[]> {
  const { instance, toGeneration: generation } = plan;
  const host = run.host(lease);

  run.undo.before('discard staging', () => host.discardStaging({ plan }));
  run.undo.before(`remove generation ${generation}`, () => host.removeGeneration({ instance, generation }));
  const comparisons = await paceOf(plan)(plan, host, additions);
  await host.verifyGeneration({ plan });
  await additions.whileItRuns?.();
  if (additions.runsOn === undefined) await host.stopGeneration({ instance, generation });
  return comparisons;
}

type Pace = (plan: RestorePlan, host: HostSteps, additions: Additions) => Promise<ContentsComparison[]>;

/** Who restores is waited for, so no store waits for another. A drill takes its time: no client shall feel it. */
function paceOf({ purpose }: RestorePlan): Pace {
  return purpose.kind !== 'drill' ? sideBySide : oneByOne;
}

/**
 * Each store goes from fetching to comparing by itself; they begin in the declared order. Nothing is made before every artifact
 * is here and is what the manifest says. One is fetched after the other, so that the first can be checked soon, and one is
 * started after the other: they share a network, which the first one makes.
 */
const sideBySide: Pace = async (plan, host, { whenFetched, beforeStart }) => {
  const [fetching, starting] = [sequence(), sequence()];
  const fetched = new Map(partsOf(plan).map((store) => [store, fetching(() => host.fetchArtifacts({ plan, store }))]));
  const made = Promise.all(fetched.values()).then(async () => {
    await whenFetched?.();
    await host.createGeneration({ plan });
    await beforeStart?.();
  });
  const filled = plan.stores.map(async (store) => {
    await fetched.get(store);
    await host.checkStore({ plan, store });
    await made;
    await host.loadStore({ plan, store });
    await starting(() => host.startBuiltStore({ plan, store }));
    return completed(plan, host, store);
  });
  const [comparisons] = await Promise.all([Promise.all(filled), made]);
  return comparisons;
};

const oneByOne: Pace = async (plan, host, { whenFetched, beforeStart }) => {
  for (const store of partsOf(plan)) await host.fetchArtifacts({ plan, store });
  await whenFetched?.();
  for (const store of plan.stores) await host.checkStore({ plan, store });
  await host.createGeneration({ plan });
  for (const store of plan.stores) await host.loadStore({ plan, store });
  await beforeStart?.();
  await host.startGeneration({ plan });
  const comparisons = [];
  for (const store of plan.stores) comparisons.push(await completed(plan, host, store));
  return comparisons;
};

async function completed(plan: RestorePlan, host: HostSteps, store: string): Promise<ContentsComparison> {
  await host.loadRunningStore({ plan, store });
  return host.compareStore({ plan, store });
}

/** Lets one act begin when the one before it, if it came to that, has ended well. */
function sequence(): (act: () => Promise<void>) => Promise<void> {
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

/**
 * Makes the built generation the serving one. Unavailable from closing to opening, however large the data. Until the last
 * line anything that fails brings the old generation back.
 */
export async function serveBuiltGeneration(
  plan: RestorePlan,
  lease: Lease,
  run: Run,
  keepUntil: string,
): Promise<{ unavailableMs: number }> {
  const { instance, fromGeneration: from, toGeneration: to } = plan;
  const host = run.host(lease);

  run.undo.before(`serve generation ${from} again`, async () => {
    await host.stopServing({ instance });
    await host.exchangeGeneration({ instance, generation: from, insteadOf: to });
    await host.startServing({ instance });
    await host.openEdge({ instance });
  });
  const closed = await host.closeEdge({ instance });
  await host.stopServing({ instance, built: to });
  await host.exchangeGeneration({ instance, generation: to, insteadOf: from, keepUntil });
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
