import type { StoreContents } from '../../contracts/contents.ts';
import { differences } from '../../stores/differences.ts';
import { kindOf } from '../../stores/kinds.ts';

/** Differences between what a set says a store held and what it holds now, in words; none when they are equal. */
export function compareContents(expected: StoreContents, found: StoreContents): string[] {
  return (expected.kind === found.kind ? kindOf(expected).differences : differences)(expected, found);
}
