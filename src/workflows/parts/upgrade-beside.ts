import type { Instant } from '../../contracts/ids.ts';
import type { Lease } from '../../contracts/lease.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import type { Run } from '../running/run.ts';
import { moveTraffic } from './exchange.ts';
import { beginReadOnly, type Switched, safetySet } from './upgrade-preparations.ts';

/**
 * Starts the new release beside the serving one, on the same stores and without its writers.
 * After:   it is healthy and answers its smoke requests; no traffic reaches it yet.
 */
export async function startBeside(plan: UpgradePlan, waitMinutes: number, run: Run): Promise<void> {
  const { instance, to } = plan;
  const lease = () => run.takeLease(instance, waitMinutes); // the undo comes after the lease was given back
  const host = run.host(await lease());

  run.undo.before(`remove ${to.colour}`, async () =>
    run.host(await lease()).removeRelease({ instance, colour: to.colour, plan: plan.hash }),
  );
  await host.prepareRelease({ plan });
  await host.startRelease({ plan });
  await host.smokeRelease({ plan });
}

/**
 * Migrates while the old release still serves, and moves traffic to the new one without a gap.
 * After:   the new release serves, writers included; the old one runs on without its writers.
 * Failure: the old release serves. Migrations that finished stay: it works on with them.
 */
export async function upgradeBeside(plan: UpgradePlan, keepUntil: Instant, lease: Lease, run: Run): Promise<Switched> {
  const { instance, from, migrations } = plan;
  const host = run.host(lease);
  const set = await safetySet(plan, lease, run);
  const readOnly = await beginReadOnly(plan, lease, run);
  for (const migration of migrations) await host.migrate({ plan, migration, generation: from.generation }); // no undo: compatible
  await host.smokeRelease({ plan });

  const { switchedAt } = await moveTraffic({ ...plan, keepUntil }, lease, run);
  const readOnlyMs = await readOnly.end();
  await host.startServing({ instance });
  await host.verifyInstance({ instance });
  return { safetySet: set, switchedAt, readOnlyMs, unavailableMs: 0 };
}
