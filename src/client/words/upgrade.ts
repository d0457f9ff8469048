import type { RollbackReport, UpgradeReport } from '../../contracts/upgrade.ts';
import { present } from '../../given.ts';
import { measuredDuration } from '../../model/words/duration.ts';
import { describePlan } from '../upgrade-plan.ts';
import { describeAddresses } from './addresses.ts';

export function describeUpgrade(report: UpgradeReport, options: readonly string[] = []): string {
  const { instance, plan } = report;
  if (report.outcome === 'planned') {
    const words = ['drydock upgrade', instance, '--to', plan.to.ref, '--plan', plan.hash, ...options];
    return `${describePlan(plan)}\n→ start and approve it: ${words.join(' ')}`;
  }
  const notSent = report.notifications.filter(({ outcome }) => outcome === 'failed');
  return present(
    `${instance} serves ${plan.to.ref} (${plan.to.colour}, generation ${plan.to.generation})${describeGaps(report)}`,
    ...report.decisions.map(describeDecision),
    report.migrated.length > 0 && `  migrated: ${report.migrated.join(', ')}`,
    ...describeTraffic(report),
    report.safetySet !== undefined && `  what was there before is set ${report.safetySet}`,
    report.oldReleaseKeptUntil !== undefined &&
      `  ${plan.from.ref} is kept until ${report.oldReleaseKeptUntil}; drydock upgrade ${instance} --back returns to it`,
    ...notSent.map(({ event, problem }) => `  nobody was told “${event}”: ${problem ?? 'no reason known'}`),
    ...describeAddresses(report.addresses),
  ).join('\n');
}

function describeGaps({ readOnlyMs, unavailableMs }: UpgradeReport): string {
  const readOnly = readOnlyMs === 0 ? '' : `, read-only for ${measuredDuration(readOnlyMs)}`;
  return `${readOnly}${unavailableMs === 0 ? '' : `, unavailable for ${measuredDuration(unavailableMs)}`}`;
}

function describeDecision({ decision, by, at, through, comment }: UpgradeReport['decisions'][number]): string {
  if (through === 'request') return `  approved in advance by whoever started it, at ${at}`;
  return `  ${decision} by ${by} at ${at} (${through})${comment === undefined ? '' : `: ${comment}`}`;
}

function describeTraffic({ traffic }: UpgradeReport): string[] {
  if (traffic === undefined) return [];
  const seen = ({ requests, errors, averageMs }: typeof traffic.before) =>
    `${requests} requests, ${errors} errors, ${averageMs.toFixed(1)} ms on average`;
  return [`  before: ${seen(traffic.before)}`, `  after: ${seen(traffic.after)}`];
}

export function describeRollback(report: RollbackReport): string {
  const unavailable = report.unavailableMs === 0 ? '' : `, unavailable for ${measuredDuration(report.unavailableMs)}`;
  return [
    `${report.instance} serves ${report.blueprint} again${unavailable}`,
    ...report.lost.map(
      ({ store, equal, differences }) =>
        `  ${store}: ${equal ? 'nothing was written since the upgrade' : `lost: ${differences.join('; ')}`}`,
    ),
    ...describeAddresses(report.addresses),
  ].join('\n');
}
