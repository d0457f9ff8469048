import { type InstanceId, SetId } from '../../contracts/ids.ts';
import type { Life } from '../../contracts/retention.ts';
import { DrydockError } from '../../errors.ts';
import { describeLife } from '../catalogue/lives.ts';
import { fullName } from '../instance/names.ts';

/** What a restore was asked for, as far as it says whose set is taken. */
interface Asked {
  readonly set: string;
  readonly confirm?: string | undefined;
}

/**
 * In words, whose data a set is, if it is not the data of `own`, an instance that lives; undefined if it is. The set of
 * a removed instance is taken only when it is named by its id, and the full name of its instance was typed.
 */
export function dataOf(life: Life, own: InstanceId | undefined, { set, confirm }: Asked): string | undefined {
  if (life.id === own || (own === undefined && life.known !== 'removed')) return undefined;
  const tried = `take a set of ${describeLife(life)}`;
  if (!SetId.safeParse(set).success) {
    throw new DrydockError('refused', `${tried}: which set must be said`, {
      next: 'list its sets, and name one of them by its id',
    });
  }
  if (confirm === fullName(life)) return `this is the data of ${describeLife(life)}`;
  const seen = confirm === undefined ? 'nothing was typed' : `“${confirm}” was typed`;
  throw new DrydockError('not-confirmed', `${tried}: needs the full name of that instance as confirmation, ${seen}`, {
    next: `pass confirm: "${fullName(life)}" to take the data of that instance`,
  });
}
