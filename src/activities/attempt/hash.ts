import { createHash } from 'node:crypto';
import { Sha256 } from '../../contracts/ids.ts';
import { canonical } from '../../model/words/canonical.ts';

/** SHA-256 of a value: the same content has the same hash in whatever order it was built. */
export function hashOf(value: unknown): Sha256 {
  return digestOfText(canonical(value));
}

/** SHA-256 of a text as it lies in the object store. */
export function digestOfText(text: string): Sha256 {
  return Sha256.parse(createHash('sha256').update(text).digest('hex'));
}

/** The value and its hash: what an operator approves, and what the journal keeps. */
export function withHash<T extends object>(plan: T): T & { hash: Sha256 } {
  return { ...plan, hash: hashOf(plan) };
}
