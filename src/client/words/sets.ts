import type { SetSummary } from '../../contracts/manifest.ts';
import type { SetsReport } from '../../contracts/sets.ts';
import { isWhole } from '../../model/sets/whole-sets.ts';
import { readableBytes } from '../../model/words/bytes.ts';
import { measuredDuration } from '../../model/words/duration.ts';
import { formatTable } from '../table.ts';
import { minute } from './document-parts.ts';

export function describeSets(report: SetsReport): string {
  if (report.sets.length === 0) return `${report.instance} has no recovery set`;
  const rows = report.sets.map((set) => [
    set.set,
    isWhole(set) ? 'all stores' : set.stores.join(', '),
    set.reason,
    set.blueprint,
    readableBytes(set.sizeBytes),
    set.encrypted ? 'age' : 'not encrypted',
    set.level,
    set.verifiedAt === undefined ? 'when taken' : minute(set.verifiedAt),
    describeLastDrill(set),
  ]);
  const table = formatTable(
    ['SET', 'HOLDS', 'REASON', 'BLUEPRINT', 'SIZE', 'ENCRYPTION', 'PROVEN', 'VERIFIED', 'DRILLED'],
    rows,
  );
  const problems = report.sets.flatMap(({ set, evidenceProblems }) =>
    evidenceProblems.map((problem) => `evidence of ${set} does not count: ${problem}`),
  );
  return [table, ...problems].join('\n');
}

function describeLastDrill({ lastDrill }: SetSummary): string {
  if (lastDrill === undefined) return 'never';
  const at = minute(lastDrill.at);
  if (lastDrill.finding.outcome === 'failed') return `${at} FAILED (${lastDrill.finding.code})`;
  return lastDrill.recoveryMs === undefined ? at : `${at}, ${measuredDuration(lastDrill.recoveryMs)}`;
}
