import type { StoreContents } from '../contracts/contents.ts';
import { kindOf } from '../stores/kinds.ts';
import { formatBytes } from './units.ts';

/** What a store holds, in one line. */
export function describeContents(contents: StoreContents): string {
  return kindOf(contents).describe(contents, formatBytes);
}
