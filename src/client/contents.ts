import type { StoreContents } from '../contracts/contents.ts';
import { readableBytes } from '../model/words/bytes.ts';
import { kindOf } from '../stores/kinds.ts';

/** A store's contents in one line. */
export function describeContents(contents: StoreContents): string {
  return kindOf(contents).describe(contents, readableBytes);
}
