import type { ScheduleView } from '../schedules.ts';
import { formatTable } from '../table.ts';
import { minute } from './document-parts.ts';

export function describeSchedules(views: readonly ScheduleView[]): string {
  if (views.length === 0) return 'no schedules; drydock schedule apply makes them';
  const rows = views.map(({ id, every, nextAt, lastAt, paused }) => [
    id,
    every ?? '—',
    paused === undefined ? minute(nextAt) : 'paused',
    minute(lastAt),
    paused ?? '',
  ]);
  return formatTable(['SCHEDULE', 'EVERY', 'NEXT (UTC)', 'LAST (UTC)', ''], rows);
}
