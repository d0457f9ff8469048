import { describe, expect, test } from 'vitest';
import { type Report, summary } from '../../scripts/proof/summary.ts';

const report = (changes: Partial<Report>): Report => ({
  project: 'unit',
  numPassedTests: 3,
  testResults: [],
  seconds: { all: 12, files: { 'test/a.test.ts': 7, 'test/b.test.ts': 11.25 } },
  ...changes,
});
const failed = (changes: Partial<Report['testResults'][number]>): Report['testResults'][number] => ({
  name: `${process.cwd()}/test/a.test.ts`,
  status: 'failed',
  message: '',
  assertionResults: [],
  ...changes,
});

describe('the last lines of a run of tests', () => {
  test('say the slowest files first, then what each project took', () => {
    const lines = summary([report({}), report({ project: 'drivers', numPassedTests: 4 })], [], []);
    expect(lines.slice(1, 3)).toEqual(['   11.3  test/b.test.ts', '   11.3  test/b.test.ts']);
    expect(lines).toContain('unit: 12 s, 2 files of 18 s in all');
    expect(lines.at(-1)).toBe('7 passed, 0 failed');
  });

  test('name every test that failed, with the beginning of what it said', () => {
    const assertionResults = [
      { fullName: 'holds', status: 'passed', failureMessages: [] },
      { fullName: 'does not', status: 'failed', failureMessages: ['because\nof this'] },
    ];
    const lines = summary([report({ testResults: [failed({ assertionResults })] })], ['unit'], []);
    expect(lines.slice(-4)).toEqual([
      'FAILED test/a.test.ts > does not',
      '  because',
      '  of this',
      '3 passed, 1 failed',
    ]);
  });

  test('count a file that could not be read, a check that failed, and a project that broke without a failed test', () => {
    expect(summary([report({ testResults: [failed({ message: 'no such module' })] })], ['unit'], []).slice(-3)).toEqual(
      ['FAILED test/a.test.ts', '  no such module', '3 passed, 1 failed'],
    );
    const lines = summary([report({})], ['types', 'unit'], []);
    expect(lines.slice(-3, -1)).toEqual([
      'FAILED types',
      'FAILED unit: it ended with an error and names no test; see above',
    ]);
    expect(lines.at(-1)).toBe('3 passed, 2 failed');
  });

  test('name what of the proof is in doubt, which fails nothing', () => {
    expect(summary([report({})], [], ['nights never ran']).slice(-2)).toEqual([
      'proof: nights never ran',
      '3 passed, 0 failed',
    ]);
  });
});
