import { expect, test } from 'vitest';
import { durationMs, readableDuration } from '../../../src/model/words/duration.ts';

test.each([
  ['0s', 0],
  ['45s', 45_000],
  ['10m', 600_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
])('%s is so many milliseconds', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test.each(['', '10', 'm', '10w', '-1h', '1.5h', ' 1h', '99999999999999999d'])('“%s” is refused', (text) => {
  expect(() => durationMs(text)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
});

test.each([
  [0, '0 s'],
  [1, '1 s'],
  [59_000, '59 s'],
  [59_001, '1 min'],
  [61_000, '2 min'],
  [3_600_000, '1 h'],
  [61.5 * 60_000, '1 h 2 min'],
  [24 * 3_600_000, '1 d'],
  [25.5 * 3_600_000, '1 d 1 h 30 min'],
])('%d ms read as %s', (ms, text) => {
  expect(readableDuration(ms)).toBe(text);
});
