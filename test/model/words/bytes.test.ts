import { expect, test } from 'vitest';
import { readableBytes } from '../../../src/model/words/bytes.ts';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1_610_612_736, '1.5 GiB'],
  [5 * 1024 ** 4, '5.0 TiB'],
  [5000 * 1024 ** 4, '5000.0 TiB'],
])('%s bytes read %s', (bytes, text) => {
  expect(readableBytes(bytes)).toBe(text);
});
