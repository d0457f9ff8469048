import type { BackupReport } from '../../contracts/backup.ts';
import { readableBytes } from '../../model/words/bytes.ts';
import { measuredDuration } from '../../model/words/duration.ts';
import { describeContents } from '../contents.ts';

export function describeBackup(report: BackupReport): string {
  const what = report.withoutStores === undefined ? 'set' : 'capture';
  const stopped = measuredDuration(report.barrierMs);
  const writing = report.barrierMs === 0 ? 'writing went on' : `writing stopped for ${stopped}`;
  const head = `${what} ${report.set}: ${readableBytes(report.sizeBytes)}, ${writing}`;
  return [head, ...report.stores.map((store) => `  ${store.store}: ${describeContents(store.contents)}`)].join('\n');
}
