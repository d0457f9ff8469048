import type { BackupPlan } from '../../contracts/backup.ts';
import type { Artifact, StoreRecord } from '../../contracts/manifest.ts';
import { isWhole } from '../../model/sets/whole-sets.ts';
import type { HostSteps } from '../running/steps.ts';

/**
 * Freezes stores one after the other, in the blueprint's order: they share the host's disk, and the barrier is up until
 * the last is frozen. Each is captured, archived and checked while the next stores are frozen, and after that. So a
 * database that must stop to be frozen should come first, when nothing else has work to do yet.
 */
export async function freezeAll(plan: BackupPlan, host: HostSteps) {
  const records: StoreRecord[] = [];
  const archiving: ReturnType<typeof archive>[] = [];
  const { promise: failure, reject } = Promise.withResolvers<never>();
  failure.catch(() => {}); // A failure after the last freeze is thrown by whoever awaits the archives.
  const begin = (archived: ReturnType<typeof archive>) => {
    archived.catch(reject);
    archiving.push(archived);
  };
  if (isWhole(plan)) begin(archiveEnvironment(plan, host));
  for (const store of plan.stores) {
    // A set that has failed must not keep anybody from writing.
    records.push(await Promise.race([failure, host.freezeStore({ plan, store })]));
    begin(archive(plan, store, host));
  }
  return { records, archiving };
}

async function archiveEnvironment(plan: BackupPlan, host: HostSteps) {
  const files = await host.captureEnvironment({ plan });
  return { checks: [], artifacts: await put(plan, { store: 'instance', files }, host) };
}

/** Captures a frozen store; seals and uploads it while its check runs, since the manifest waits for both. */
async function archive(plan: BackupPlan, store: string, host: HostSteps) {
  const files = await host.captureStore({ plan, store });
  const [artifacts, check] = await Promise.all([put(plan, { store, files }, host), host.checkStore({ plan, store })]);
  return { checks: [check], artifacts };
}

/** Seals, uploads and reads back the files of a store. */
async function put(
  plan: BackupPlan,
  { store, files }: { store: string; files: { name: string; compressed: boolean }[] },
  host: HostSteps,
): Promise<Artifact[]> {
  const artifacts = await host.sealArtifacts({ plan, store, files });
  await host.uploadArtifacts({ plan, store, artifacts });
  await host.readBackArtifacts({ store, artifacts });
  return artifacts;
}

/** Checks and artifacts of all archives. */
export function joined(archived: Awaited<ReturnType<typeof archive>>[]) {
  return {
    checks: archived.flatMap(({ checks }) => checks),
    artifacts: archived.flatMap(({ artifacts }) => artifacts),
  };
}
