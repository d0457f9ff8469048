import { DrydockError } from '../../errors.ts';
import { fullName } from './names.ts';

/**
 * Refuses what cannot be taken back, unless somebody typed the instance's own name for it; its full name, where the request
 * says the id of an instance.
 */
export function refuseUnconfirmed(
  { instance, id, confirm }: { instance: string; id?: string | undefined; confirm?: string | undefined },
  tried: string,
  next: string,
): void {
  const wanted = id === undefined ? instance : fullName({ instance, id });
  if (confirm === wanted) return;
  const seen = confirm === undefined ? 'nothing was typed' : `“${confirm}” was typed`;
  throw new DrydockError('not-confirmed', `${tried}, ${seen}`, { next: `pass confirm: "${wanted}" ${next}` });
}
