import type { Instant } from '../../contracts/ids.ts';
import type { Month } from '../../contracts/report.ts';

/** First moment of a month in UTC, and of the next month. */
export function boundsOf(month: Month): { from: Instant; to: Instant } {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const first = (months: number) => new Date(Date.UTC(year, number - 1 + months, 1)).toISOString();
  return { from: first(0), to: first(1) };
}

/** The last complete month before a moment. */
export function monthBefore(now: Instant): Month {
  const first = new Date(`${now.slice(0, 7)}-01T00:00:00.000Z`);
  return new Date(first.getTime() - 1).toISOString().slice(0, 7);
}
