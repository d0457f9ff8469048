import type { BackupReport } from '../../contracts/backup.ts';
import { describeContents } from '../contents.ts';
import { formatBytes, formatDuration } from '../units.ts';

export function describeBackup(report: BackupReport): string {
  const what = report.withoutStores === undefined ? 'set' : 'capture';
  const stopped = formatDuration(report.barrierMs);
  const writing = report.barrierMs === 0 ? 'writing went on' : `writing stopped for ${stopped}`;
  const head = `${what} ${report.set}: ${formatBytes(report.sizeBytes)}, ${writing}`;
  return [head, ...report.stores.map((store) => `  ${store.store}: ${describeContents(store.contents)}`)].join('\n');
}
