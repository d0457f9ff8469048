import { DrydockError } from '../../errors.ts';
import type { StoreHealth } from '../sets/plan-backup.ts';

/** Refuses a decommissioning, before anything is removed, when its last set could not be taken. */
export function planDecommission(instance: string, stores: Readonly<Record<string, StoreHealth>>): void {
  const problems = Object.entries(stores)
    .filter(([, health]) => health !== 'healthy')
    .map(([store, health]) => `store ${store} is ${health}`);
  if (problems.length === 0) return;
  throw new DrydockError('refused', `plan to decommission ${instance}: its last set cannot be taken`, {
    problems,
    next: 'mend the stores, or pass skipFinalSet with the reason why no last set is needed',
  });
}
