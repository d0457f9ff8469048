import type { HostedInstance } from '../../contracts/adopt.ts';
import type { InstanceFacts } from '../../contracts/lease.ts';
import type { SetSummary } from '../../contracts/manifest.ts';
import { isWhole } from '../sets/whole-sets.ts';

/** Facts of an instance that its host and the catalogue still know. `sets` are newest first. */
export function adoptedFacts({ record, addresses }: HostedInstance, sets: readonly SetSummary[]): InstanceFacts {
  const { instance, id, host, tier, colour, generation } = record;
  const whole = sets.filter(isWhole);
  const [last] = whole;
  const verified = whole.find(({ level }) => level !== 'bad'); // a backup reads back what it wrote
  return {
    ...{ instance, id, host, tier, status: 'serving', blueprint: record.blueprint.ref, colour, generation, addresses },
    mode: 'open', // settling says what it is
    lastSet: last?.set,
    lastSetAt: last?.createdAt,
    ...(verified === undefined
      ? {}
      : { lastVerifiedSet: verified.set, lastVerifiedAt: verified.verifiedAt ?? verified.createdAt }),
  };
}
