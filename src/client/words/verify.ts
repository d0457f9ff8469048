import type { VerifyReport } from '../../contracts/verify.ts';

export function describeVerify(report: VerifyReport): string {
  const what = report.set === undefined ? report.instance : `set ${report.set} of ${report.instance}`;
  const failed = report.checks.filter((check) => !check.ok).length;
  const head = failed === 0 ? `${what} is as it must be` : `${what}: ${failed} check(s) failed`;
  return [head, ...report.checks.map(({ what, ok, seen }) => `  ${ok ? '✔' : '✖'} ${what}: ${seen}`)].join('\n');
}
