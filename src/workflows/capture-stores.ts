import type { BackupPlan } from '../contracts/backup.ts';
import type { Artifact, StoreRecord } from '../contracts/manifest.ts';
import { isWhole } from '../model/whole-sets.ts';
import type { HostSteps } from './steps.ts';

interface Capture {
  store: string;
  record?: StoreRecord;
  files: { name: string; compressed: boolean }[];
}

/**
 * One after the other, in the blueprint's order: they share the host's disk, and the barrier is up. Each is archived while the
 * next ones are captured: a database that stops and starts again waits for most of that time. The checks begin when all are
 * captured: their work would lengthen the time for which that database is away.
 */
export async function captureAll(plan: BackupPlan, host: HostSteps, atOnce: boolean) {
  const captures: Capture[] = [];
  const archiving: ReturnType<typeof archive>[] = [];
  const { promise: allCaptured, resolve: mayCheck } = Promise.withResolvers<void>();
  const begin = (capture: Capture) => {
    const archived = archive(plan, capture, host, atOnce ? allCaptured : undefined);
    archived.catch(() => {}); // One that fails meanwhile is told when all are waited for.
    archiving.push(archived);
  };
  const captured = (capture: Capture) => {
    captures.push(capture);
    if (atOnce) begin(capture);
  };
  if (isWhole(plan)) captured({ store: 'instance', files: await host.captureEnvironment({ plan }) });
  for (const store of plan.stores) captured({ store, ...(await host.captureStore({ plan, store })) });
  if (!atOnce) captures.forEach(begin);
  mayCheck();
  return { captures, archiving };
}

/** One store's artifacts after capture: sealed, uploaded, read back; checked beside that, since the manifest waits for both. */
async function archive(plan: BackupPlan, capture: Capture, host: HostSteps, mayCheck: Promise<void> | undefined) {
  const { store, record, files } = capture;
  const put = async (): Promise<Artifact[]> => {
    const artifacts = await host.sealArtifacts({ plan, store, files });
    await host.uploadArtifacts({ plan, store, artifacts });
    await host.readBackArtifacts({ store, artifacts });
    return artifacts;
  };
  const check = async () => {
    if (record === undefined) return [];
    if (mayCheck !== undefined) await mayCheck;
    return [await host.checkStore({ plan, store })];
  };
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
