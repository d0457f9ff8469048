import { expect, test } from 'vitest';
import { offsetMs } from '../../../src/model/nights/zones.ts';

const quarterMs = 15 * 60_000;

/** Clocks that change at an hour, by half an hour, at a quarter to three, during Ramadan, at midnight. */
test.each(['Europe/Berlin', 'Australia/Lord_Howe', 'Pacific/Chatham', 'Africa/Casablanca', 'America/Santiago'])(
  '%s shows at every quarter of an hour of a year what its offset says',
  (zone) => {
    const name = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
    const wrong: string[] = [];
    for (let at = Date.UTC(2026, 11, 31); at < Date.UTC(2028, 0, 2); at += quarterMs) {
      const said = name.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value;
      if (offsetMs(zone, at) !== minutesOf(said) * 60_000) wrong.push(new Date(at).toISOString());
    }
    expect(wrong).toEqual([]);
  },
);

/** `GMT+05:45` */
function minutesOf(said: string | undefined): number {
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)$/.exec(said ?? '') ?? [];
  return hours === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
}
