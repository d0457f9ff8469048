import type { z } from 'zod';

/**
 * What a kind of store is, as far as it can be said without touching a store: `<kind>/kind.ts` says it, and contracts,
 * model, client and workflows read it from `kinds.ts`. Its acts are in `<kind>/driver.ts` (`store.ts` is their contract).
 */
export interface StoreKind<Spec = never, Contents = never> {
  readonly name: string;
  /** What a blueprint says of such a store. One with a `service` runs in a container and has a volume; any other is files. */
  readonly spec: z.ZodObject;
  /** What is counted in such a store, and must be the same after a restore. */
  readonly contents: z.ZodObject;
  /**
   * `while-written`: a frozen view is of one moment and says itself what it holds. Any other kind is counted before it is
   * frozen, and nothing may write in between.
   */
  readonly frozen: 'while-written' | 'behind-barrier';
  /** The files that `init` and `migrations` of a blueprint may name for such a store, under `key`. */
  readonly script?: Script;
  /** What `verify` of a blueprint may ask such a store, under `key`: something that is answered with a number. */
  readonly question?: { readonly key: string; readonly step: z.ZodObject };
  /** What `cleanup` may remove from such a store. */
  readonly care?: Care;

  /** Variable that holds the store's secret, if it has one. */
  secretOf(spec: Spec): string | undefined;
  /** Differences between two contents in words; none when a restore has reproduced what the set says. */
  differences(expected: Contents, found: Contents): string[];
  /** What a store holds, in one line. */
  describe(contents: Contents, bytes: (sizeBytes: number) => string): string;
  /** Why a newer engine may not take over the data of an older one; undefined when it may. */
  upgradeRefusal(from: EngineVersion, to: EngineVersion): string | undefined;
}

interface Script {
  readonly key: string;
  readonly init: z.ZodObject;
  readonly migration: z.ZodObject;
}

/** `section` is the entry of a blueprint's `cleanup`, `what` the argument of `drydock cleanup`, `every` how often nights do it. */
interface Care {
  readonly what: string;
  readonly section: Readonly<Record<string, z.ZodOptional<z.ZodObject>>>;
  readonly removes: 'old nodes' | 'deleted points';
  readonly words: string;
  readonly every: 'day' | 'week';
}

export interface EngineVersion {
  major: number;
  minor: number;
}
