import type { Availability } from '../../contracts/report.ts';
import { present } from '../../given.ts';
import { measuredDuration } from '../../model/words/duration.ts';
import { list, minute, table } from './document-parts.ts';

/** The edge's known closures, the promise, and the unmeasured rest. */
export function describeAvailability(availability: Availability): string {
  const { state, reason, openAtMostPercent, promisedPercent, periodMs, closures, readOnly, capturePauseMs } =
    availability;
  const open =
    openAtMostPercent === undefined ? 'unknown' : `at most ${openAtMostPercent} %, which is what procedures left`;
  return [
    `**${state}**: ${reason}.`,
    '',
    list(
      present(
        `open: ${open}, of ${measuredDuration(periodMs)}`,
        `promised: ${promisedPercent === undefined ? 'unknown' : `${promisedPercent} %`}`,
        ...readOnly.map(
          ({ by, times, ms }) => `read-only for ${by}: ${times} time(s), ${measuredDuration(ms)}; reads were answered`,
        ),
        capturePauseMs !== 0 &&
          `a store could not be read while it was captured: ${measuredDuration(capturePauseMs)}; the edge answered`,
      ),
    ),
    '',
    closures.length === 0 ? 'No procedure is recorded to have closed the edge.' : closuresTable(closures),
    '',
    'Not in these numbers:',
    '',
    list(availability.notMeasured),
  ].join('\n');
}

function closuresTable(closures: Availability['closures']): string {
  const rows = closures.map(({ from, ms, procedure, workflowId, end }) => [
    minute(from),
    end === 'known' ? measuredDuration(ms) : `${measuredDuration(ms)}, and longer: nobody recorded when it was opened`,
    procedure,
    workflowId,
  ]);
  return table(['Closed', 'For', 'By', 'Run'], rows);
}
