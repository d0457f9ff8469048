import type { SetSummary } from '../../contracts/manifest.ts';
import type { SetsReport } from '../../contracts/sets.ts';
import { describeLife } from '../../model/catalogue/lives.ts';
import { isWhole } from '../../model/sets/whole-sets.ts';
import { readableBytes } from '../../model/words/bytes.ts';
import { measuredDuration } from '../../model/words/duration.ts';
import { formatTable } from '../table.ts';
import { minute } from './document-parts.ts';

export function describeSets(report: SetsReport): string {
  const removed = report.lives.filter(({ known }) => known === 'removed').map(describeLife);
  if (report.sets.length === 0) return [...removed, `${report.instance} has no recovery set`].join('\n');
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
  return [...removed, table, ...problems].join('\n');
}

function describeLastDrill({ lastDrill }: SetSummary): string {
  if (lastDrill === undefined) return 'never';
  const at = minute(lastDrill.at);
  if (lastDrill.finding.outcome === 'failed') return `${at} FAILED (${lastDrill.finding.code})`;
  return lastDrill.recoveryMs === undefined ? at : `${at}, ${measuredDuration(lastDrill.recoveryMs)}`;
}
