import { DrydockError } from '../../errors.ts';

/** The field that shows whether a set is whole. */
interface Extent {
  readonly withoutStores?: readonly string[] | undefined;
}

/**
 * Whether a set holds every store of its blueprint at one moment, so that it can bring an instance back alone. Other
 * sets are captures. “The latest” and “the newest set” mean whole sets. Older sets, made before there were captures, do
 * not record their extent and are whole.
 */
export function isWhole({ withoutStores = [] }: Extent): boolean {
  return withoutStores.length === 0;
}

/**
 * Sets that a store can be restored from: whole sets, and captures with a whole set of the same blueprint. A restore
 * takes everything else from that whole set.
 */
export function restorable<Known extends Extent & { blueprint: string }>(sets: readonly Known[]): Known[] {
  const bases = new Set(sets.filter(isWhole).map(({ blueprint }) => blueprint));
  return sets.filter((set) => isWhole(set) || bases.has(set.blueprint));
}

/** Why a set cannot bring an instance back alone; undefined when it can. */
export function captureProblem(manifest: Extent & { set: string; stores: readonly { store: string }[] }): string[] {
  if (isWhole(manifest)) return [];
  const stores = manifest.stores.map(({ store }) => store);
  return [
    `set ${manifest.set} is a capture of ${stores.join(', ')} and holds nothing else: restore a whole set, with --newest ${stores.join(' ')} to take these stores from the newest capture`,
  ];
}

/** Called before anything is made. */
export function refuseCapture(manifest: Parameters<typeof captureProblem>[0], tried: string): void {
  const problems = captureProblem(manifest);
  if (problems.length === 0) return;
  throw new DrydockError('refused', `${tried} from set ${manifest.set}: it is a capture`, {
    problems,
    next: 'nothing was touched; `drydock sets` says which sets are whole',
  });
}
