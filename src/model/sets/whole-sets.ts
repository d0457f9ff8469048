import { DrydockError } from '../../errors.ts';

/** What is known of a set when it is asked whether it is whole. */
interface Extent {
  readonly withoutStores?: readonly string[] | undefined;
}

/**
 * Whether a set holds every store of its blueprint, all of one moment: an instance can be brought back from it alone. One that
 * does not is a capture. Whoever says “the latest” or “the newest set” means whole ones. Sets from before there were captures
 * say nothing of it, and are whole.
 */
export function isWhole({ withoutStores = [] }: Extent): boolean {
  return withoutStores.length === 0;
}

/**
 * Sets that a store can be restored from: whole ones, and captures beside which there is a whole one of the same blueprint. A
 * restore takes everything else from that.
 */
export function restorable<Known extends Extent & { blueprint: string }>(sets: readonly Known[]): Known[] {
  const bases = new Set(sets.filter(isWhole).map(({ blueprint }) => blueprint));
  return sets.filter((set) => isWhole(set) || bases.has(set.blueprint));
}

/** Why a set cannot be what an instance is brought back from; nothing when it can. */
export function captureProblem(manifest: Extent & { set: string; stores: readonly { store: string }[] }): string[] {
  if (isWhole(manifest)) return [];
  const stores = manifest.stores.map(({ store }) => store);
  return [
    `set ${manifest.set} is a capture of ${stores.join(', ')} and holds nothing else: restore a whole set, with --newest ${stores.join(' ')} to take that from the newest capture`,
  ];
}

/** Before anything is made for it. */
export function refuseCapture(manifest: Parameters<typeof captureProblem>[0], tried: string): void {
  const problems = captureProblem(manifest);
  if (problems.length === 0) return;
  throw new DrydockError('refused', `${tried} from set ${manifest.set}: it is a capture`, {
    problems,
    next: 'nothing was touched; `drydock sets` says which sets are whole',
  });
}
