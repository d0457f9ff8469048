import type { BlueprintReport, BlueprintsReport } from '../../contracts/blueprint.ts';

export function describeBlueprints(report: BlueprintsReport): string {
  return report.blueprints.join('\n') || 'nothing was pushed; drydock blueprint push stores one';
}

export function describePush(report: BlueprintReport): string {
  const outcome = report.outcome === 'pushed' ? 'is stored' : 'was already stored with this content';
  return `${report.blueprint} ${outcome} (digest ${report.digest})`;
}
