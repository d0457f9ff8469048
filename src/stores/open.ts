import { DrydockError } from '../errors.ts';
import type { RunningStore, StoreDriver, StoreTools } from './store.ts';

type Bound<Act> = Act extends (at: never, ...rest: infer Rest) => infer Result ? (...rest: Rest) => Result : Act;

/** A store of an instance, with the acts of its kind. */
export type OpenStore = { readonly [Act in keyof StoreDriver]-?: Bound<NonNullable<StoreDriver[Act]>> };
/** The acts that work where the store does not run. */
export type StoredPlace = Pick<OpenStore, 'kind' | 'engineVersion' | 'check' | 'load'>;

/** Acts that only some kinds offer. A checked blueprint never asks another kind for them. */
const offeredBySome = [
  ...(['init', 'migrate', 'ask', 'countOldNodes', 'deleteOldNodes'] as const),
  ...(['space', 'vacuum', 'setVacuum', 'awaitVacuum'] as const),
] satisfies (keyof StoreDriver)[];

/** Binds a driver to its store, once: only this function knows which driver fits which location. */
export function openStore(driver: StoreDriver, at: RunningStore): OpenStore;
export function openStore(driver: StoreDriver, at: StoreTools): StoredPlace;
export function openStore(driver: StoreDriver, at: StoreTools): OpenStore {
  const refusals = offeredBySome.map((act) => [act, () => refuse(driver.kind, act)]);
  const acts = Object.entries(driver).map(([name, act]) => [
    name,
    typeof act === 'function' ? act.bind(undefined, at) : act,
  ]);
  return Object.fromEntries([...refusals, ...acts]);
}

function refuse(kind: string, act: string): never {
  throw new DrydockError('internal', `call ${act} of a ${kind} store: this kind does not offer that act`);
}
