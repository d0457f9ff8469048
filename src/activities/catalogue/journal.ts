import { z } from 'zod';
import type { Identity } from '../../contracts/ids.ts';
import { JournalEntry } from '../../contracts/journal.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { jsonIn } from '../../json.ts';
import { type JournalKey, journalMoment, readJournalKey } from '../../model/catalogue/journal-key.ts';
import { journalPrefix } from '../../model/instance/names.ts';

export function createJournal(objects: ObjectStore) {
  return {
    /** Writes a journal entry. The key follows from the entry, so writing the entry again replaces it. */
    async writeJournal(given: JournalEntry): Promise<{ key: string }> {
      const entry = JournalEntry.parse(given);
      const key = journalKey(entry);
      await objects.put(key, `${JSON.stringify(entry, null, 2)}\n`, { ifAbsent: false });
      return { key };
    },
  };
}

const OfSomeStores = z.looseObject({ stores: z.array(z.string()) });
const WithoutSome = z.looseObject({ withoutStores: z.array(z.string()) });

/**
 * `instances/pharma.01K9…/journal/20261121T030000123Z-backup-done.json`: sorts by the time the procedure began. A backup of
 * only some stores is called `capture`: an alert that looks for backups by their keys must not accept a capture.
 */
export function journalKey(entry: JournalEntry): string {
  const { startedAt, procedure, outcome } = entry;
  const name = procedure === 'backup' && isCapture(entry) ? 'capture' : procedure;
  return `${journalPrefix(entry)}${startedAt.replaceAll(/[-:.]/g, '')}-${name}-${outcome}.json`;
}

/** By its plan: a backup that names every store of the blueprint makes a whole set. */
function isCapture({ request, plan }: JournalEntry): boolean {
  return plan === undefined ? OfSomeStores.safeParse(request).success : WithoutSome.safeParse(plan).success;
}

/** Entries of a procedure that succeeded, newest first. People edit the journal too, so a spoilt entry is skipped. */
export async function* doneEntries(
  objects: ObjectStore,
  of: Identity,
  procedure: string,
): AsyncGenerator<JournalEntry> {
  const keys = await journalKeys(objects, of);
  for (const { key, procedure: of, outcome } of keys.reverse()) {
    const entry = of === procedure && outcome === 'done' ? await readEntry(objects, key) : undefined;
    if (entry !== undefined) yield entry;
  }
}

/** Keys of all entries of an instance, or of the entries that began since a moment; oldest first. */
export async function journalKeys(objects: ObjectStore, of: Identity, since?: Date): Promise<JournalKey[]> {
  const keys: JournalKey[] = [];
  const prefix = journalPrefix(of);
  for await (const { key } of objects.list(prefix, since && prefix + journalMoment(since))) {
    const read = readJournalKey(key);
    if (read !== undefined) keys.push(read);
  }
  return keys.sort((one, other) => (one.startedAt < other.startedAt ? -1 : 1));
}

/** The entry under a key; undefined if somebody has spoilt or removed it. */
export async function readEntry(objects: ObjectStore, key: string): Promise<JournalEntry | undefined> {
  const entry = JournalEntry.safeParse(jsonIn(await objects.getText(key)));
  return entry.success ? entry.data : undefined;
}
