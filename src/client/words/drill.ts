import type { DrillReport } from '../../contracts/drill.ts';
import { formatBytes, formatDuration, formatTable } from '../units.ts';

export function describeDrill(report: DrillReport): string {
  const { set, instance, host, sizeBytes, recoveryMs, comparisons, checks, removed, steps, evidence } = report;
  const times = steps.flatMap(({ name, startedAt, endedAt }) =>
    endedAt === undefined ? [] : [[name, formatDuration(Date.parse(endedAt) - Date.parse(startedAt))]],
  );
  return [
    `set ${set} of ${instance} comes up on host ${host}: ${formatBytes(sizeBytes)} in ${formatDuration(recoveryMs)}`,
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
