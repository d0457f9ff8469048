/** The fields that have a value: a field that may be absent must not be there as `undefined`. */
export function given<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}

/** The entries that are there: `condition && entry` leaves an entry out. */
export function present<Entry>(...entries: readonly (Entry | false | undefined)[]): Entry[] {
  return entries.filter((entry): entry is Entry => entry !== false && entry !== undefined);
}
