import { relative } from 'node:path';
import type { Seconds } from '../../test/support/seconds-reporter.ts';

interface TestResult {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

/** What vitest reports of a project, as far as it is used here, and the seconds of its files. */
export interface Report {
  readonly project: string;
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly TestResult[];
  }[];
  readonly seconds: Seconds;
}

interface Failure {
  readonly project: string;
  readonly name: string;
  readonly message: string;
}

const slowest = 15;

/** The last lines of a run of tests; `doubts` say what of the long proof nobody can rest on. */
export function summary(reports: readonly Report[], broken: readonly string[], doubts: readonly string[]): string[] {
  const failures = reports.flatMap(failuresOf);
  // What failed without a test to blame: the house, a promise that nobody waited for, a crash of vitest.
  const testless = broken.filter((what) => !failures.some(({ project }) => project === what));
  const passed = reports.reduce((total, report) => total + report.numPassedTests, 0);
  return [
    ...secondsLines(reports),
    ...failures.flatMap(({ name, message }) => [
      `FAILED ${relative('.', name)}`,
      ...message
        .split('\n')
        .slice(0, 12)
        .map((line) => `  ${line}`),
    ]),
    ...testless.map((what) => `FAILED ${what}${reports.some(({ project }) => project === what) ? nameless : ''}`),
    ...doubts.map((doubt) => `proof: ${doubt}`),
    `${passed} passed, ${failures.length + testless.length} failed`,
  ];
}

const nameless = ': it ended with an error and names no test; see above';

function secondsLines(reports: readonly Report[]): string[] {
  const files = reports
    .flatMap(({ seconds }) => Object.entries(seconds.files))
    .sort(([, one], [, other]) => other - one);
  const sums = reports.map(({ project, seconds }) => {
    const times = Object.values(seconds.files);
    const sum = times.reduce((total, time) => total + time, 0);
    return `${project}: ${seconds.all.toFixed(0)} s, ${times.length} files of ${sum.toFixed(0)} s in all`;
  });
  return [
    ...(files.length === 0 ? [] : ['Slowest files, in seconds']),
    ...files.slice(0, slowest).map(([name, time]) => `${time.toFixed(1).padStart(7)}  ${name}`),
    ...sums,
  ];
}

function failuresOf({ project, testResults }: Report): Failure[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    // A file that could not be collected, or whose hook failed, has no failed test.
    if (status === 'failed' && failed.length === 0) return [{ project, name, message }];
    return failed.map(({ fullName, failureMessages }) => {
      return { project, name: `${name} > ${fullName}`, message: failureMessages.join('\n') };
    });
  });
}
