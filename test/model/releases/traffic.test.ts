import { describe, expect, test } from 'vitest';
import { judgeTraffic } from '../../../src/model/releases/traffic.ts';

const thresholds = { errorRate: 0.02, latencyFactor: 3, latencyFloorMs: 250, minimumRequests: 20 };

function seen(requests: number, errors: number, averageMs: number) {
  return { requests, errors, averageMs, seconds: 60 };
}

describe('nothing is wrong when', () => {
  test.each([
    ['nothing changed', seen(1000, 0, 40), seen(1000, 0, 40)],
    ['errors are just within what is allowed', seen(1000, 0, 40), seen(1000, 20, 40)],
    ['errors stay what they were and a little more', seen(1000, 100, 40), seen(1000, 120, 40)],
    ['latency is high, and below the floor', seen(1000, 0, 1), seen(1000, 0, 250)],
    ['latency is just within the factor', seen(1000, 0, 100), seen(1000, 0, 300)],
    ['it got better', seen(1000, 500, 900), seen(1000, 0, 10)],
    ['nobody asks', seen(1000, 0, 40), seen(0, 0, 0)],
    ['too few ask', seen(1000, 0, 40), seen(19, 19, 9000)],
    ['nothing is known of before, and latency alone is high', seen(19, 0, 1), seen(1000, 0, 9000)],
  ])('%s', (_, before, after) => {
    expect(judgeTraffic(before, after, thresholds)).toEqual([]);
  });
});

describe('it is told that', () => {
  test.each([
    [
      'errors are more than allowed',
      seen(1000, 0, 40),
      seen(1000, 21, 40),
      ['21 of 1000 requests failed (2.1 %); 2.0 % are allowed, 0.0 % as before and 2.0 % more'],
    ],
    [
      'errors are more than before and the threshold',
      seen(1000, 100, 40),
      seen(20, 3, 40),
      ['3 of 20 requests failed (15.0 %); 12.0 % are allowed, 10.0 % as before and 2.0 % more'],
    ],
    [
      'errors are more than the threshold when too little is known of before',
      seen(19, 19, 40),
      seen(20, 1, 40),
      ['1 of 20 requests failed (5.0 %); 2.0 % are allowed, 0.0 % as before and 2.0 % more'],
    ],
    [
      'answers take longer than the factor',
      seen(1000, 0, 100),
      seen(1000, 0, 301),
      ['answers took 301 ms on average; 300 ms are allowed, before it was 100 ms'],
    ],
    [
      'answers take longer than the floor',
      seen(1000, 0, 1),
      seen(1000, 0, 251),
      ['answers took 251 ms on average; 250 ms are allowed, before it was 1 ms'],
    ],
  ])('%s', (_, before, after, problems) => {
    expect(judgeTraffic(before, after, thresholds)).toEqual(problems);
  });

  test('both are worse', () => {
    expect(judgeTraffic(seen(1000, 0, 100), seen(1000, 1000, 1000), thresholds)).toHaveLength(2);
  });
});
