import type { InstanceId, InstanceName } from '../../contracts/ids.ts';
import type { Life } from '../../contracts/retention.ts';
import { DrydockError } from '../../errors.ts';
import { fullName } from '../instance/names.ts';

/** What is asked for: the instance of a name, or the one that has this id too. */
interface Asked {
  readonly instance: InstanceName;
  readonly id?: InstanceId | undefined;
}

/**
 * The instance that a name means when Temporal knows none of that name: the only one that was not removed and has sets,
 * or the only one at all. `not-found` if there is none, `refused` if there are several; both name what is known.
 */
export function chooseLife({ instance, id }: Asked, lives: readonly Life[]): Life {
  if (id !== undefined) {
    const found = lives.find((life) => life.id === id);
    return found ?? throwUnknown(`look for ${fullName({ instance, id })}: there is no such instance`, lives);
  }
  const kept = lives.filter(({ known }) => known === 'has sets');
  const [only, ...more] = [kept, lives].find((some) => some.length > 0) ?? [];
  if (only === undefined) return throwUnknown(`look for instance ${instance}: no instance of this name is known`, []);
  if (more.length === 0) return only;
  throw new DrydockError('refused', `look for instance ${instance}: ${lives.length} instances had this name`, {
    problems: lives.map(describeLife),
    next: 'give the full name of one of them',
  });
}

/** `pharma.01K9…, removed on 2026-11-21, its sets are kept until 2026-12-21`. */
export function describeLife(life: Life): string {
  const name = fullName(life);
  if (life.known !== 'removed') return `${name}, which ${life.known}`;
  return `${name}, removed on ${day(life.removedAt)}, its sets are kept until ${day(life.keepSetsUntil)}`;
}

function day(at = ''): string {
  return at.slice(0, 10);
}

function throwUnknown(tried: string, lives: readonly Life[]): never {
  throw new DrydockError('not-found', tried, {
    problems: lives.map(describeLife),
    next: 'drydock status lists the instances that serve; for any other, check that this is the bucket with its sets',
  });
}
