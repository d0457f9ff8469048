/** Clock times in a zone. `Intl` knows the rules; nothing here reads a clock. */

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const formats = new Map<string, Intl.DateTimeFormat>();
/** Offsets at the ends of days, and of quarter hours on days of a clock change, by zone. */
const offsets = new Map<string, Map<number, number>>();

export function isZone(zone: string): boolean {
  try {
    format(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * The offset from UTC to the zone's clocks at an instant. Formatting is most of the cost of a month of schedules, and
 * no zone changes its clocks twice within a day: where both ends of a stretch agree, the whole stretch does.
 */
export function offsetMs(zone: string, instant: number): number {
  if (zone === 'UTC') return 0;
  for (const length of [dayMs, 15 * minuteMs]) {
    const begin = Math.floor(instant / length) * length;
    const offset = rememberedOffsetMs(zone, begin);
    if (offset === rememberedOffsetMs(zone, begin + length)) return offset;
  }
  return formattedOffsetMs(zone, instant);
}

function rememberedOffsetMs(zone: string, instant: number): number {
  const known = offsets.get(zone) ?? new Map<number, number>();
  offsets.set(zone, known);
  const offset = known.get(instant) ?? formattedOffsetMs(zone, instant);
  known.set(instant, offset);
  return offset;
}

function formattedOffsetMs(zone: string, instant: number): number {
  const parts = Object.fromEntries(
    format(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const shown = Date.UTC(year, month - 1, day, hour, minute, second);
  return shown - Math.floor(instant / 1000) * 1000;
}

/**
 * The instants at which clocks show this time (given as if it were UTC): usually one, none for a skipped time, two for
 * a time shown twice.
 */
export function instantsOf(zone: string, shown: number): number[] {
  const offsets = new Set([offsetMs(zone, shown - dayMs), offsetMs(zone, shown + dayMs)]);
  const candidates = [...offsets].map((offset) => shown - offset);
  return candidates.filter((instant) => instant + offsetMs(zone, instant) === shown).sort((one, other) => one - other);
}

/**
 * Days from 2026 to 2030, such as `2027-03-28`, on which a stretch of the day is skipped or shown twice: a schedule in
 * that stretch would not fire, or at an unclear time. `from` and `length` in minutes.
 */
export function brokenDays(zone: string, from: number, length: number): string[] {
  const broken: string[] = [];
  for (let day = Date.UTC(2026, 0, 1); day < Date.UTC(2031, 0, 1); day += dayMs) {
    // Rules change a few times a year: only those days need a closer look.
    if (offsetMs(zone, day - dayMs) === offsetMs(zone, day + 3 * dayMs)) continue;
    const times = Array.from(
      { length: Math.floor(length / 15) + 1 },
      (_, quarter) => day + (from + quarter * 15) * minuteMs,
    );
    if (times.some((time) => instantsOf(zone, time).length !== 1))
      broken.push(new Date(day).toISOString().slice(0, 10));
  }
  return broken;
}

function format(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, made);
  return made;
}
