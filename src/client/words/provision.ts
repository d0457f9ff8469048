import type { ProvisionReport } from '../../contracts/provision.ts';
import { describeAddresses } from './addresses.ts';

export function describeProvision(report: ProvisionReport): string {
  const head = `${report.instance} serves ${report.blueprint} on host ${report.host}`;
  return [head, ...describeAddresses(report.addresses)].join('\n');
}
