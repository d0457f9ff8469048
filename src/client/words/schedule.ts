import type { ScheduleReport } from '../../contracts/night.ts';
import { formatTable } from '../table.ts';

export function describeChanges({ outcome, changes }: Pick<ScheduleReport, 'outcome' | 'changes'>): string {
  const differ = changes.filter(({ change }) => change !== 'unchanged');
  const unchanged = changes.length - differ.length;
  if (differ.length === 0) return `${unchanged} schedules are as they should be`;
  const said = outcome === 'planned' ? 'to change' : 'changed';
  return [
    `${differ.length} schedules ${said}, ${unchanged} are as they should be`,
    formatTable(
      ['', 'SCHEDULE', 'WHAT'],
      differ.map(({ id, change, words }) => [change, id, words]),
    ),
  ].join('\n');
}
