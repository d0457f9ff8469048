import { z } from 'zod';
import { type Identity, Instant } from '../../contracts/ids.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import type { Reliance } from '../../model/catalogue/retention-observation.ts';
import { doneEntries } from './journal.ts';

/** How the reports of upgrades and restores describe the way back. */
const WayBack = z.looseObject({
  safetySet: z.string(),
  oldReleaseKeptUntil: Instant.optional(),
  oldGenerationKeptUntil: Instant.optional(),
});

/** Sets that the way back from an upgrade or restore relies on, by the journal; also of ways back that have expired. */
export async function readReliances(objects: ObjectStore, of: Identity): Promise<Reliance[]> {
  const found: Reliance[] = [];
  for (const procedure of ['restore', 'upgrade']) {
    for await (const { result, workflowId } of doneEntries(objects, of, procedure)) {
      const wayBack = WayBack.safeParse(result);
      if (!wayBack.success) continue;
      const { safetySet: set, oldReleaseKeptUntil, oldGenerationKeptUntil } = wayBack.data;
      const until = oldReleaseKeptUntil ?? oldGenerationKeptUntil;
      if (until !== undefined) found.push({ set, until, by: `${procedure} (${workflowId})` });
    }
  }
  return found;
}
