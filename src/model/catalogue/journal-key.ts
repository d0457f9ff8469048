/** What the key of a journal entry tells without reading the entry. */
export interface JournalKey {
  readonly key: string;
  readonly startedAt: string;
  readonly procedure: string;
  readonly outcome: string;
}

const shape = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-(.+)-([a-z]+)\.json$/;

/** Undefined for a key outside the journal. */
export function readJournalKey(key: string): JournalKey | undefined {
  const found = shape.exec(key.split('/').at(-1) ?? '');
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, milliseconds, procedure = '', outcome = ''] = found;
  const startedAt = `${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`;
  return { key, startedAt, procedure, outcome };
}

/** A later beginning gives a greater name. */
export function journalMoment(at: Date): string {
  return at.toISOString().replaceAll(/[-:.]/g, '');
}
