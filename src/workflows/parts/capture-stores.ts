import type { BackupPlan } from '../../contracts/backup.ts';
import type { Artifact, StoreRecord } from '../../contracts/manifest.ts';
import { isWhole } from '../../model/sets/whole-sets.ts';
import type { HostSteps } from '../running/steps.ts';

interface Capture {
  store: string;
  record?: StoreRecord;
  files: { name: string; compressed: boolean }[];
}

/**
 * One after the other, in the blueprint's order: they share the host's disk, and the barrier is up. Each is archived and checked
 * while the next ones are captured. So a database that must stop for its capture best comes first, when nothing else has
 * work to do yet.
 */
export async function captureAll(plan: BackupPlan, host: HostSteps) {
  const captures: Capture[] = [];
  const archiving: ReturnType<typeof archive>[] = [];
  const { promise: failure, reject } = Promise.withResolvers<never>();
  failure.catch(() => {}); // Without a capture that is going on it is told when all archives are waited for.
  const captured = (capture: Capture) => {
    captures.push(capture);
    const archived = archive(plan, capture, host);
    archived.catch(reject);
    archiving.push(archived);
  };
  if (isWhole(plan)) captured({ store: 'instance', files: await host.captureEnvironment({ plan }) });
  for (const store of plan.stores) {
    // A set that cannot be any more keeps nobody from writing.
    captured({ store, ...(await Promise.race([failure, host.captureStore({ plan, store })])) });
  }
  return { captures, archiving };
}

/** One store's artifacts after capture: sealed, uploaded, read back; checked beside that, since the manifest waits for both. */
async function archive(plan: BackupPlan, capture: Capture, host: HostSteps) {
  const { store, record, files } = capture;
  const put = async (): Promise<Artifact[]> => {
    const artifacts = await host.sealArtifacts({ plan, store, files });
    await host.uploadArtifacts({ plan, store, artifacts });
    await host.readBackArtifacts({ store, artifacts });
    return artifacts;
  };
  const check = async () => (record === undefined ? [] : [await host.checkStore({ plan, store })]);
  const [artifacts, checks] = await Promise.all([put(), check()]);
  return { checks, artifacts };
}

/** What all archives say together. */
export function joined(archived: Awaited<ReturnType<typeof archive>>[]) {
  return {
    checks: archived.flatMap(({ checks }) => checks),
    artifacts: archived.flatMap(({ artifacts }) => artifacts),
  };
}
