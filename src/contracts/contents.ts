import { z } from 'zod';
import { kinds } from '../stores/kinds.ts';

const [first, ...others] = kinds;

/** The counted contents of a running store: a restore must reproduce them. */
export const StoreContents = z.discriminatedUnion('kind', [first.contents, ...others.map(({ contents }) => contents)]);
export type StoreContents = z.infer<typeof StoreContents>;
