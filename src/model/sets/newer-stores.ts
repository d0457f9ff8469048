import type { SetId } from '../../contracts/ids.ts';
import type { Manifest, SetSummary } from '../../contracts/manifest.ts';
import type { NewerSource } from '../../contracts/restore.ts';
import { DrydockError } from '../../errors.ts';
import { present } from '../../given.ts';
import { counts } from '../catalogue/objectives.ts';

/** A store that a restore takes from a newer set than the others. */
export interface NewerStore {
  readonly store: string;
  readonly manifest: Manifest;
}

type Candidate = Pick<SetSummary, 'set' | 'createdAt' | 'blueprint' | 'stores' | 'level' | 'evidenceProblems'>;

/**
 * For each store the newest set that holds it, is later than `base`, has the same blueprint and is not known to be bad;
 * a store without such a set comes from `base` like the others. Refuses stores that `base` does not have.
 */
export function chooseNewer(
  base: Manifest,
  wanted: readonly string[],
  sets: readonly Candidate[],
): { store: string; set: SetId }[] {
  const held = base.stores.map(({ store }) => store);
  const unknown = wanted.filter((store) => !held.includes(store));
  if (unknown.length > 0) {
    throw new DrydockError('refused', `look for the newest ${unknown.join(', ')} of ${base.instance}: refused`, {
      problems: unknown.map((store) => `set ${base.set} has no store ${store}; it has ${held.join(', ')}`),
      next: 'nothing was touched; name the stores as `drydock set show` does',
    });
  }
  const possible = sets
    .filter((set) => counts(set) && set.blueprint === base.blueprint.ref && set.createdAt > base.createdAt)
    .toSorted((one, other) => (one.createdAt < other.createdAt ? 1 : -1));
  return [...new Set(wanted)].flatMap((store) => {
    const found = possible.find(({ stores }) => stores.includes(store));
    return found === undefined ? [] : [{ store, set: found.set }];
  });
}

/** The set as if it held the newer stores itself. */
export function withNewer(base: Manifest, newer: readonly NewerStore[]): Manifest {
  const from = new Map(newer.map(({ store, manifest }) => [store, manifest]));
  function joined<Part extends { store: string }>(partsOf: (manifest: Manifest) => readonly Part[]): Part[] {
    const own = partsOf(base).filter(({ store }) => !from.has(store));
    const others = [...from].flatMap(([store, manifest]) => partsOf(manifest).filter((part) => part.store === store));
    return [...own, ...others];
  }
  return { ...base, stores: joined(({ stores }) => stores), artifacts: joined(({ artifacts }) => artifacts) };
}

/** The stores taken from newer sets, and their distance in time from the others. */
export function newerSources(base: Manifest, newer: readonly NewerStore[]): NewerSource[] {
  return newer.map(({ store, manifest: { set, createdAt } }) => {
    return { store, set, createdAt, laterMs: Math.max(0, Date.parse(createdAt) - Date.parse(base.createdAt)) };
  });
}

/** Why a store cannot be taken from its chosen set. */
export function newerProblems(base: Manifest, newer: readonly NewerStore[]): string[] {
  return newer.flatMap(({ store, manifest: { set, instance, blueprint, stores } }) =>
    present(
      instance !== base.instance && `set ${set}, which ${store} would come from, is one of ${instance}`,
      blueprint.digest !== base.blueprint.digest &&
        `set ${set}, which ${store} would come from, was made with ${blueprint.ref}, set ${base.set} with another`,
      stores.some((record) => record.store !== store) && `set ${set} has no store ${store}`,
    ),
  );
}
