import type { DrillReport } from '../../contracts/drill.ts';
import { readableBytes } from '../../model/words/bytes.ts';
import { measuredDuration } from '../../model/words/duration.ts';
import { formatTable } from '../table.ts';

export function describeDrill(report: DrillReport): string {
  const { set, instance, host, sizeBytes, recoveryMs, comparisons, checks, removed, steps, evidence } = report;
  const times = steps.flatMap(({ name, startedAt, endedAt }) =>
    endedAt === undefined ? [] : [[name, measuredDuration(Date.parse(endedAt) - Date.parse(startedAt))]],
  );
  return [
    `set ${set} of ${instance} comes up on host ${host}: ${readableBytes(sizeBytes)} in ${measuredDuration(recoveryMs)}`,
    ...comparisons.map(
      ({ store, equal, differences }) => `  ${store}: ${equal ? 'equal to the set' : differences.join('; ')}`,
    ),
    ...checks.map(({ what, ok, seen }) => `  ${ok ? '✔' : '✖'} ${what}: ${seen}`),
    'removed, looked for again, and not found:',
    ...removed.map((what) => `  ${what}`),
    '',
    formatTable(['STEP', 'TOOK'], times),
    '',
    `noted in ${evidence.key}`,
  ].join('\n');
}
