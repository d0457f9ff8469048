import type { RestoreReport } from '../../contracts/restore.ts';
import { measuredDuration } from '../../model/words/duration.ts';
import { describeAddresses } from './addresses.ts';

export function describeRestore(report: RestoreReport): string {
  const unavailable = report.unavailableMs === 0 ? '' : `, unavailable for ${measuredDuration(report.unavailableMs)}`;
  const lines = [`${report.instance} serves set ${report.set} (generation ${report.generation})${unavailable}`];
  for (const { store, equal, differences } of report.comparisons) {
    const newer = report.newer?.find((source) => source.store === store);
    const set =
      newer === undefined
        ? 'the set'
        : `set ${newer.set}, which was made ${measuredDuration(newer.laterMs)} after the set of the other stores`;
    lines.push(`  ${store}: ${equal ? `equal to ${set}` : differences.join('; ')}`);
  }
  if (report.safetySet !== undefined) lines.push(`  what was there before is set ${report.safetySet}`);
  if (report.oldGenerationKeptUntil !== undefined) {
    lines.push(`  the old generation is kept until ${report.oldGenerationKeptUntil}`);
  }
  return [...lines, ...describeAddresses(report.addresses)].join('\n');
}
