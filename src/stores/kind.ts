import type { z } from 'zod';

/**
 * Everything about a kind of store that needs no access to a store: `<kind>/kind.ts` declares it; contracts, model,
 * client and workflows read it from `kinds.ts`. The acts are in `<kind>/driver.ts` (`store.ts` is their contract).
 */
export interface StoreKind<Spec = never, Contents = never> {
  readonly name: string;
  /** A blueprint's entry for such a store. A `service` means a container with a volume; all other stores are files. */
  readonly spec: z.ZodObject;
  /** The counts of such a store, which a restore must reproduce. */
  readonly contents: z.ZodObject;
  /**
   * `while-written`: a frozen view is of one moment and tells its own contents. Any other kind is counted before the
   * freeze, and nothing may write in between.
   */
  readonly frozen: 'while-written' | 'behind-barrier';
  /** The files for such a store that `init` and `migrations` of a blueprint may name, under `key`. */
  readonly script?: Script;
  /** The question that `verify` of a blueprint may ask such a store, under `key`: its answer is a number. */
  readonly question?: { readonly key: string; readonly step: z.ZodObject };
  /** The things that `cleanup` may remove from such a store. */
  readonly care?: Care;

  /** The variable with the store's secret, if any. */
  secretOf(spec: Spec): string | undefined;
  /** Differences between two contents in words; empty when a restore has reproduced the set. */
  differences(expected: Contents, found: Contents): string[];
  /** A store's contents in one line. */
  describe(contents: Contents, bytes: (sizeBytes: number) => string): string;
  /** Why a newer engine may not take over the data of an older one; undefined when it may. */
  upgradeRefusal(from: EngineVersion, to: EngineVersion): string | undefined;
}

interface Script {
  readonly key: string;
  readonly init: z.ZodObject;
  readonly migration: z.ZodObject;
}

/** `section` is a blueprint's entry in `cleanup`, `what` the argument of `drydock cleanup`, `every` its interval. */
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
