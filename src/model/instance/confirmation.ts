import { DrydockError } from '../../errors.ts';

/** Refuses what cannot be taken back, unless somebody typed the instance's own name for it. */
export function refuseUnconfirmed(
  { instance, confirm }: { instance: string; confirm?: string | undefined },
  tried: string,
  next: string,
): void {
  if (confirm === instance) return;
  const seen = confirm === undefined ? 'nothing was typed' : `“${confirm}” was typed`;
  throw new DrydockError('not-confirmed', `${tried}, ${seen}`, { next: `pass confirm: "${instance}" ${next}` });
}
