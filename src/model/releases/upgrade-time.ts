import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { durationMs } from '../words/duration.ts';

/** Until the new release is healthy; migrations when nothing says how long they took; a copy likewise. */
const startMs = 60_000;
const migrationsMs = 5 * 60_000;
const copyMs = 30 * 60_000;
/** Over the sum of what is expected. */
const margin = 1.5;

/** From the beginning of the window to the end of the watch, with a margin, in milliseconds. */
export function expectedUpgradeMs(readOnly: UpgradePlan['readOnly'], soakMs: number): number {
  return Math.round(margin * (startMs + readOnlyMs(readOnly) + soakMs));
}

/** The same where writing never stops. */
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
