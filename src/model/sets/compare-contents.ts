import type { StoreContents } from '../../contracts/contents.ts';
import { differences } from '../../stores/differences.ts';
import { kindOf } from '../../stores/kinds.ts';

/** Differences between a store's contents in a set and now, in words; empty when they are equal. */
export function compareContents(expected: StoreContents, found: StoreContents): string[] {
  return (expected.kind === found.kind ? kindOf(expected).differences : differences)(expected, found);
}
