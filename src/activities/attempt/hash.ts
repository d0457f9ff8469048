import { createHash } from 'node:crypto';
import { Sha256 } from '../../contracts/ids.ts';

/** SHA-256 over a value's JSON with sorted keys: the same content has the same hash in whatever order it was built. */
export function hashOf(value: unknown): Sha256 {
  return digestOfText(JSON.stringify(sorted(value)));
}

/** SHA-256 of a text as it lies in the object store. */
export function digestOfText(text: string): Sha256 {
  return Sha256.parse(createHash('sha256').update(text).digest('hex'));
}

/** The value and its hash: what an operator approves, and what the journal keeps. */
export function withHash<T extends object>(plan: T): T & { hash: Sha256 } {
  return { ...plan, hash: hashOf(plan) };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
