import { type BackupPlan, type BackupReport, backupContract } from '../contracts/backup.ts';
import type { Instant } from '../contracts/ids.ts';
import type { Manifest } from '../contracts/manifest.ts';
import { storedBytes } from '../model/sets/stored-bytes.ts';
import { isWhole } from '../model/sets/whole-sets.ts';
import { freezeAll, joined } from './parts/capture-stores.ts';
import { verifyBytes } from './parts/evidence.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';
import type { HostSteps } from './running/steps.ts';

/**
 * Makes a recovery set: every store of an instance, frozen behind one barrier, which ends with the last freeze. Of only
 * some stores it makes a capture, without a barrier if they can be frozen while they are written.
 * Before:  the stores are healthy; no other procedure holds the instance.
 * After:   the set's manifest is written, and every byte of the set was read back.
 * Failure: no set, nothing uploaded, and the instance serves as before. A capture that was made but could not be read
 *          again stays, unverified.
 */
export const backup = procedure({
  ...backupContract,
  steps: async (request, run) => {
    const lease = await run.takeLease(request.instance, request.waitMinutes);
    const host = run.host(lease);
    const plan = await host.planBackup({ request });
    run.plan(plan);
    const { instance, id, set, createdAt: at } = plan;

    run.undo.before('discard staging', () => host.discardStaging({ plan }));
    // Before the barrier is raised, so that writes are served again even while the object store is away.
    run.undo.before('discard uploads', () => run.control.discardUploads({ of: { instance, id }, set }));
    run.undo.before('thaw stores', () => host.thawStores({ plan }));
    const from = await stopWriting(plan, host, run);
    const { records, archiving } = await freezeAll(plan, host);
    const [to, ...archived] = await Promise.all([admitWriting(plan, host), ...archiving]);
    const manifest = await host.describeSet({
      plan,
      ...(from === undefined || to === undefined ? {} : { barrier: { from, to } }),
      stores: records,
      ...joined(archived),
    });
    await run.control.commitManifest({ manifest });

    run.undo.clear(); // The set exists.
    if (isWhole(plan)) run.record({ lastSet: set, lastSetAt: at, lastVerifiedSet: set, lastVerifiedAt: at }, 'always');
    await host.discardStaging({ plan });
    if (!isWhole(plan)) await verifyBytes(manifest, run); // the nightly verify would meet a newer set
    return reportOf(manifest);
  },
});

/** Returns since when nothing writes; undefined for a capture that needs no barrier. */
async function stopWriting(plan: BackupPlan, host: HostSteps, run: Run): Promise<Instant | undefined> {
  if (plan.writes === 'go on') return undefined;
  run.undo.before('serve writes again', () => host.lowerBarrier({ plan }));
  return (await host.raiseBarrier({ plan })).from;
}

async function admitWriting(plan: BackupPlan, host: HostSteps): Promise<Instant | undefined> {
  return plan.writes === 'go on' ? undefined : (await host.lowerBarrier({ plan })).to;
}

function reportOf(manifest: Manifest): Omit<BackupReport, 'procedure' | 'steps'> {
  const { instance, set, stores, artifacts, barrier, withoutStores } = manifest;
  const sizeBytes = storedBytes(artifacts);
  const barrierMs = barrier === undefined ? 0 : Date.parse(barrier.to) - Date.parse(barrier.from);
  return { instance, set, sizeBytes, barrierMs, stores, withoutStores };
}
