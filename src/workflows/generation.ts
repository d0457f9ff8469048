import { patched } from '@temporalio/workflow';
import type { Lease } from '../contracts/lease.ts';
import type { ContentsComparison, RestorePlan } from '../contracts/restore.ts';
import type { Run } from './run.ts';

/** What only some procedures do to the generation they build. */
interface Additions {
  /** When every artifact lies in staging, and nothing was looked at yet. */
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
  // Also what no store needs: a set with one damaged artifact is a damaged set.
  const parts = new Set([...plan.stores, ...plan.artifacts.map(({ store }) => store)]);
  const each = paceOf(plan);
  await each(parts, (store) => host.fetchArtifacts({ plan, store }));
  await additions.whenFetched?.();
  await each(plan.stores, (store) => host.checkStore({ plan, store }));

  run.undo.before(`remove generation ${generation}`, () => host.removeGeneration({ instance, generation }));
  await host.createGeneration({ plan });
  for (const store of plan.stores) await host.loadStore({ plan, store });
  await additions.beforeStart?.();
  await host.startGeneration({ plan });
  const comparisons: ContentsComparison[] = [];
  for (const store of plan.stores) {
    await host.loadRunningStore({ plan, store });
    comparisons.push(await host.compareStore({ plan, store }));
  }
  await host.verifyGeneration({ plan });
  await additions.whileItRuns?.();
  if (additions.runsOn === undefined || !mayRunOn()) await host.stopGeneration({ instance, generation });
  return comparisons;
}

type Each = (stores: Iterable<string>, act: (store: string) => Promise<unknown>) => Promise<unknown>;

/** Who restores is waited for, so what has no order goes side by side. A drill takes its time: no client shall feel it. */
function paceOf({ drill }: RestorePlan): Each {
  return drill === undefined && patched('stores side by side') ? sideBySide : oneByOne;
}

const sideBySide: Each = (stores, act) => Promise.all([...stores].map(act));

const oneByOne: Each = async (stores, act) => {
  for (const store of stores) await act(store);
};

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
