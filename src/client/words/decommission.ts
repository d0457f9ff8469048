import type { DecommissionReport } from '../../contracts/decommission.ts';

export function describeDecommission(report: DecommissionReport): string {
  const set = report.finalSet === undefined ? 'no last set was taken' : `last set ${report.finalSet}`;
  return [
    `${report.instance} is removed; ${set}; its sets stay until ${report.setsKeptUntil}`,
    ...report.removed.map((what) => `  ${what}`),
  ].join('\n');
}
