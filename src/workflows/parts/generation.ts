import type { Instant } from '../../contracts/ids.ts';
import type { Lease } from '../../contracts/lease.ts';
import type { ContentsComparison, RestorePlan } from '../../contracts/restore.ts';
import type { Run } from '../running/run.ts';
import type { HostSteps } from '../running/steps.ts';

/** Extra work of some procedures on the generation they build. */
interface Additions {
  /** When every artifact is in staging, before the generation is made. */
  readonly whenFetched?: () => Promise<void>;
  /** Before its stores start for the first time. */
  readonly beforeStart?: () => Promise<void>;
  /** While the generation's stores run and hold exactly what the set holds. */
  readonly whileItRuns?: () => Promise<void>;
  /** The stores keep running: they are removed next, or stopped with the serving ones (`serveBuiltGeneration`). */
  readonly runsOn?: true;
}

/** Builds the next generation from checked artifacts and proves it equal to the set. Never touches the serving one. */
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

/** A client waits for a restore, so no store waits for another. A drill takes its time: no client may feel it. */
function paceOf({ purpose }: RestorePlan): Pace {
  return purpose.kind === 'drill' ? oneByOne : sideBySide;
}

/**
 * Each store goes from fetching to comparing on its own, in the declared order. Nothing is made before every artifact
 * is here and equals the manifest. Stores are fetched one after the other, so that the first can be checked soon, and
 * started one after the other, since they share a network, which the first makes.
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

/** Runs acts one after the other; after a failed act none begins. */
function sequence(): (act: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (act) => {
    last = last.then(act);
    return last;
  };
}

/** Includes artifacts that no store needs: a set with one damaged artifact is a damaged set. */
function partsOf({ stores, artifacts }: RestorePlan): string[] {
  return [...new Set([...stores, ...artifacts.map(({ store }) => store)])];
}

/**
 * Makes the built generation the serving one. Unavailable from closing to opening, however large the data. Until the
 * last line any failure brings the old generation back.
 */
export async function serveBuiltGeneration(
  plan: RestorePlan,
  lease: Lease,
  run: Run,
  keepUntil: Instant,
): Promise<{ unavailableMs: number }> {
  const { instance, fromGeneration: from, toGeneration: to } = plan;
  const host = run.host(lease);
  run.undo.before(`serve generation ${from} again`, async () => {
    await host.stopServing({ instance });
    await host.exchangeGeneration({ instance, generation: from, insteadOf: to });
    await host.startServing({ instance });
    await host.openEdge({ instance });
  });
  return putInPlace(plan, lease, run, keepUntil);
}

/** Makes the built generation the first that a new instance serves: until then its edge lets nothing through. */
export async function serveFirstGeneration(plan: RestorePlan, lease: Lease, run: Run): Promise<void> {
  const { instance, fromGeneration: from, toGeneration: to } = plan;
  const host = run.host(lease);
  run.undo.before(`take generation ${to} out of its place`, async () => {
    await host.stopServing({ instance });
    await host.exchangeGeneration({ instance, generation: from, insteadOf: to });
  });
  await putInPlace(plan, lease, run, run.instant());
}

/** The steps of both; each caller has registered how they are undone. */
async function putInPlace(
  plan: RestorePlan,
  lease: Lease,
  run: Run,
  keepUntil: Instant,
): Promise<{ unavailableMs: number }> {
  const { instance, fromGeneration: from, toGeneration: to } = plan;
  const host = run.host(lease);
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
