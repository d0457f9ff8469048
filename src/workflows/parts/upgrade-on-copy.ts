import { type Instant, identityOf } from '../../contracts/ids.ts';
import type { Lease } from '../../contracts/lease.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import type { Run } from '../running/run.ts';
import { exchangeReleaseAndGeneration } from './exchange.ts';
import { buildGeneration } from './generation.ts';
import { beginReadOnly, type Switched, safetySet } from './upgrade-preparations.ts';

/**
 * Migrates a copy of the data, tries the new release on the copy, and exchanges the two like a restore.
 * Before:  the plan wants a fresh safety set.
 * After:   the new release serves the migrated copy; the old release and its data are as they were.
 * Failure: the old release serves its own data. After the switch, later writes are lost, and the error says so.
 */
export async function upgradeOnCopy(plan: UpgradePlan, keepUntil: Instant, lease: Lease, run: Run): Promise<Switched> {
  const { instance, to, migrations } = plan;
  const { generation } = to;
  const host = run.host(lease);

  run.undo.before(`remove ${to.colour}`, () => host.removeRelease({ instance, colour: to.colour }));
  await host.prepareRelease({ plan });
  const readOnly = await beginReadOnly(plan, lease, run); // so that the copy holds every write
  const set = await safetySet(plan, lease, run);
  const manifest = await run.control.readManifest({ of: identityOf(lease), set });
  const copy = await host.planCopy({ plan, manifest });
  await buildGeneration(copy, lease, run, {
    whileItRuns: async () => {
      for (const migration of migrations) await host.migrate({ plan, migration, generation });
      await host.startReleaseOnCopy({ plan });
      await host.smokeReleaseOnCopy({ plan });
    },
  });

  const { switchedAt, unavailableMs } = await exchangeReleaseAndGeneration({ ...plan, keepUntil }, lease, run);
  const readOnlyMs = await readOnly.end();
  await host.discardStaging({ plan: copy });
  return { safetySet: set, switchedAt, readOnlyMs, unavailableMs };
}
