import { DrydockError } from '../../errors.ts';

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, `24h`, `7d` of a blueprint in milliseconds. */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new DrydockError('invalid-input', `read the duration '${text}': it does not look like 30m, 24h or 7d`);
}

/** The same, or undefined for text that is no duration or is too long to count. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (unitMs[unit ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** `02:30` as minutes of the day. */
export function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

/** Text for an operator: `45 s`, `4 min`, `2 h 30 min`, `3 d`; rounded up, since the work must fit. */
export function readableDuration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  const [day, hour, minute] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  const parts = [day > 0 ? `${day} d` : '', hour > 0 ? `${hour} h` : '', minute > 0 ? `${minute} min` : ''];
  return parts.filter((part) => part !== '').join(' ');
}

/** What something took: `3.2 s`, `4 min 10 s`, `2 h 5 min`. */
export function measuredDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `4 min ago`. */
export function readableAge(instant: string | undefined, now: number): string {
  if (instant === undefined) return '—';
  const minutes = Math.floor((now - Date.parse(instant)) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} d ago`;
}
