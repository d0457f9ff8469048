import type { StoreContents } from '../../contracts/contents.ts';

/**
 * Differences between what a set says a store held and what it holds now, in words; none when they are equal.
 * Redis keys that had an expiry may have expired since the set was made: only those may be fewer.
 */
export function compareContents(expected: StoreContents, found: StoreContents): string[] {
  if (expected.kind === 'redis' && found.kind === 'redis') return compareRedis(expected, found);
  return differences('', expected, found);
}

function compareRedis(expected: StoreContents & { kind: 'redis' }, found: StoreContents & { kind: 'redis' }): string[] {
  const lasting = expected.keys - expected.expiring;
  const foundLasting = found.keys - found.expiring;
  return [
    ...(lasting === foundLasting ? [] : [`keys without expiry: ${lasting} expected, ${foundLasting} found`]),
    ...(found.expiring > expected.expiring
      ? [`keys with expiry: at most ${expected.expiring} expected, ${found.expiring} found`]
      : []),
  ];
}

function differences(path: string, expected: unknown, found: unknown): string[] {
  if (isRecord(expected) && isRecord(found)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
    return keys.flatMap((key) => differences(path === '' ? key : `${path}.${key}`, expected[key], found[key]));
  }
  const [left, right] = [JSON.stringify(expected), JSON.stringify(found)];
  return left === right ? [] : [`${path}: ${left ?? 'nothing'} expected, ${right ?? 'nothing'} found`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
