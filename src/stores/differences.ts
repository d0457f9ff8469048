/** Differences between a store's contents in a set and now, in words; empty when they are equal. */
export function differences(expected: object, found: object): string[] {
  return differencesAt('', expected, found);
}

function differencesAt(path: string, expected: unknown, found: unknown): string[] {
  if (isRecord(expected) && isRecord(found)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
    return keys.flatMap((key) => differencesAt(path === '' ? key : `${path}.${key}`, expected[key], found[key]));
  }
  const [left, right] = [JSON.stringify(expected), JSON.stringify(found)];
  return left === right ? [] : [`${path}: ${left ?? 'nothing'} expected, ${right ?? 'nothing'} found`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
