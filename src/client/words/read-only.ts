import type { ReadOnlyReport } from '../../contracts/edge-mode.ts';

export function describeReadOnly(report: ReadOnlyReport): string {
  const left = report.writesLeft === 0 ? '' : `; ${report.writesLeft} write(s) were still in flight`;
  return `${report.instance} is ${report.mode}${left}`;
}
