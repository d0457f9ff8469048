import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { durationMs } from '../words/duration.ts';

/** Expected time until the new release is healthy; also for migrations and copies of unknown duration. */
const startMs = 60_000;
const migrationsMs = 5 * 60_000;
const copyMs = 30 * 60_000;
/** Factor over the sum of the expected times. */
const margin = 1.5;

/** From the beginning of the window to the end of the watch, with a margin, in milliseconds. */
export function expectedUpgradeMs(readOnly: UpgradePlan['readOnly'], soakMs: number): number {
  return Math.round(margin * (startMs + readOnlyMs(readOnly) + soakMs));
}

/** The same when writing never stops. */
export function shortestUpgradeMs(soak: string): number {
  return expectedUpgradeMs({ needed: 'no' }, durationMs(soak));
}

function readOnlyMs({ needed, expectedMs }: UpgradePlan['readOnly']): number {
  switch (needed) {
    case 'no':
      return 0;
    case 'for-migrations':
    case 'asked-by-blueprint':
      return expectedMs ?? migrationsMs;
    case 'for-the-copy':
      return expectedMs ?? copyMs;
  }
}
