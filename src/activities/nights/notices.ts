import { z } from 'zod';
import type { Identity } from '../../contracts/ids.ts';
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

/** What the reports of the two procedures that turn writing off say about it. A report of a capture does not match. */
const Upgraded = z.looseObject({ readOnlyMs: z.number().positive() });
const BackedUp = z.looseObject({ barrierMs: z.number().positive(), withoutStores: z.undefined().optional() });

/** Steps that tell people and services about events, and read what earlier procedures reported. */
export function createNoticeActivities(objects: ObjectStore, notifier: Notifier) {
  return {
    /** Sends a notice; `unavailable` when its receiver does not listen. */
    async notify({ event, instance, text, details = {} }: Notice): Promise<Notification> {
      const at = new Date().toISOString();
      return { event, at, outcome: await notifier.notify({ event, instance, at, text, details }) };
    },

    /** How long writing was off in the last upgrade of the instance, or if it never had one, in its last backup. */
    async upgradeHistory({ of }: { of: Identity }): Promise<{ readOnlyMs: number | undefined }> {
      const upgraded = await newest(of, 'upgrade', Upgraded);
      const backedUp = upgraded === undefined ? await newest(of, 'backup', BackedUp) : undefined;
      const readOnlyMs = upgraded?.readOnlyMs ?? backedUp?.barrierMs;
      return { readOnlyMs: readOnlyMs && Math.round(readOnlyMs) };
    },
  };

  /** The newest report of a procedure that matches the schema. */
  async function newest<T>(of: Identity, procedure: string, schema: z.ZodType<T>): Promise<T | undefined> {
    for await (const entry of doneEntries(objects, of, procedure)) {
      const result = schema.safeParse(entry.result);
      if (result.success) return result.data;
    }
    return undefined;
  }
}
