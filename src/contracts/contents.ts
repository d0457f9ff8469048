import { z } from 'zod';
import { kinds } from '../stores/kinds.ts';

const [first, ...others] = kinds;

/** What a store holds, counted in the running store: what a restore must reproduce. */
export const StoreContents = z.discriminatedUnion('kind', [first.contents, ...others.map(({ contents }) => contents)]);
export type StoreContents = z.infer<typeof StoreContents>;
