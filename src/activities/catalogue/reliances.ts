import { z } from 'zod';
import { Instant } from '../../contracts/ids.ts';
import { JournalEntry } from '../../contracts/journal.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import type { Reliance } from '../../model/catalogue/retention-observation.ts';
import { instancePrefix } from '../../model/instance/names.ts';

/** What the reports of upgrades and restores say of the way back. */
const WayBack = z.looseObject({
  safetySet: z.string(),
  oldReleaseKeptUntil: Instant.optional(),
  oldGenerationKeptUntil: Instant.optional(),
});

/** Sets that the way back from an upgrade or a restore relies on, as the journal says; also those whose time is over. */
export async function readReliances(objects: ObjectStore, instance: string): Promise<Reliance[]> {
  const found: Reliance[] = [];
  for await (const { key } of objects.list(`${instancePrefix}${instance}/journal/`)) {
    if (!/-(upgrade|restore)-done\.json$/.test(key)) continue;
    const entry = JournalEntry.safeParse(parsed(await objects.getText(key)));
    const wayBack = entry.success ? WayBack.safeParse(entry.data.result) : undefined;
    if (!entry.success || !wayBack?.success) continue;
    const { safetySet: set, oldReleaseKeptUntil, oldGenerationKeptUntil } = wayBack.data;
    const until = oldReleaseKeptUntil ?? oldGenerationKeptUntil;
    if (until !== undefined) found.push({ set, until, by: `${entry.data.procedure} (${entry.data.workflowId})` });
  }
  return found;
}

/** The journal is for people too: an entry that somebody has spoilt is passed over. */
function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
}
