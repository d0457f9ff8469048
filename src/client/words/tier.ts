import type { TierReport } from '../../contracts/tier.ts';
import { describeChanges } from './schedule.ts';

export function describeTier({ instance, from, tier, schedules, notes }: TierReport): string {
  const head = from === tier ? `${instance} is ${tier} already` : `${instance} is ${tier}; it was ${from}`;
  return [head, describeChanges({ outcome: 'applied', changes: schedules }), ...notes].join('\n');
}
