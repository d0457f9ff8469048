import type { Lease } from '../contracts/lease.ts';
import type { ContentsComparison } from '../contracts/restore.ts';
import { type RollbackReport, rollbackContract } from '../contracts/upgrade.ts';
import { exchangeReleaseAndGeneration, leaveRelease, moveTraffic, type ReleaseExchange } from './parts/exchange.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';

/** How long the release that is left, and the data that only it wrote, are kept. */
const graceMs = 24 * 3_600_000;

/**
 * Goes back to the release before the last upgrade.
 * Before:  that release is kept; if it brings other data, the instance's own name was typed as confirmation.
 * After:   that release serves, and the other release is kept stopped for a day.
 * Failure: the release that served before serves, with all its data.
 */
export const rollback = procedure({
  ...rollbackContract,
  steps: async (request, run) => {
    const { instance } = request;
    const lease = await run.takeLease(instance, request.waitMinutes);
    const host = run.host(lease);
    const plan = await host.planRollback({ request });
    run.plan(plan);
    const keepUntil = run.instant(graceMs);
    const back = plan.way === 'beside' ? goBackBeside : goBackToGeneration;
    const { lost, unavailableMs } = await back({ ...plan, keepUntil }, lease, run);

    run.undo.clear(); // The previous release serves writes.
    const addresses = await leaveRelease({ ...plan, keepUntil }, lease, run);
    return { instance, blueprint: plan.to.ref, lost, unavailableMs, addresses };
  },
});

type Back = Pick<RollbackReport, 'lost' | 'unavailableMs'>;

/** Starts the old release beside the new one, and moves traffic back without a gap. No write is lost. */
async function goBackBeside(exchange: ReleaseExchange, lease: Lease, run: Run): Promise<Back> {
  const { instance, to } = exchange;
  const host = run.host(lease);
  const plan = { instance, to };

  run.undo.before(`stop ${to.colour}`, () => host.stopRelease({ instance, colour: to.colour }));
  await host.startRelease({ plan });
  await host.smokeRelease({ plan });
  await moveTraffic(exchange, lease, run);
  await host.startServing({ instance });
  await host.verifyInstance({ instance });
  return { lost: [], unavailableMs: 0 };
}

/** Brings the old generation back with the old release. Counts first what was written since the upgrade. */
async function goBackToGeneration(exchange: ReleaseExchange, lease: Lease, run: Run): Promise<Back> {
  const { instance, from } = exchange;
  let lost: ContentsComparison[] = [];
  const { unavailableMs } = await exchangeReleaseAndGeneration(exchange, lease, run, async () => {
    lost = await run.host(lease).countWritten({ instance, generation: from.generation });
  });
  return { lost, unavailableMs };
}
