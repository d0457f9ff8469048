import { z } from 'zod';
import type { Notification } from '../../contracts/upgrade.ts';
import type { Notifier } from '../../drivers/notifier/notifier.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { doneEntries } from '../catalogue/journal.ts';

interface Notice {
  event: string;
  instance: string;
  text: string;
  details?: Record<string, unknown>;
}

/** What the reports of the two procedures say that turn writing off. A capture of some stores says nothing of a whole set. */
const Upgraded = z.looseObject({ readOnlyMs: z.number().positive() });
const BackedUp = z.looseObject({ barrierMs: z.number().positive(), withoutStores: z.undefined().optional() });

/** Steps that tell people and services what goes on, and read what earlier procedures have said. */
export function createNoticeActivities(objects: ObjectStore, notifier: Notifier) {
  return {
    /** Tells whoever is to be told; `unavailable` when they do not listen. */
    async notify({ event, instance, text, details = {} }: Notice): Promise<Notification> {
      const at = new Date().toISOString();
      return { event, at, outcome: await notifier.notify({ event, instance, at, text, details }) };
    },

    /** How long writing was off in the last upgrade of the instance, or else in its last backup. */
    async upgradeHistory({ instance }: { instance: string }): Promise<{ readOnlyMs?: number }> {
      const upgraded = await newest(instance, 'upgrade', Upgraded);
      const backedUp = upgraded === undefined ? await newest(instance, 'backup', BackedUp) : undefined;
      const readOnlyMs = upgraded?.readOnlyMs ?? backedUp?.barrierMs;
      return readOnlyMs === undefined ? {} : { readOnlyMs: Math.round(readOnlyMs) };
    },
  };

  /** What the newest run of a procedure says that says what is asked for. */
  async function newest<T>(instance: string, procedure: string, schema: z.ZodType<T>): Promise<T | undefined> {
    for await (const entry of doneEntries(objects, instance, procedure)) {
      const result = schema.safeParse(entry.result);
      if (result.success) return result.data;
    }
    return undefined;
  }
}
