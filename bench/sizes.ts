import type { BackupResult } from './backup.ts';
import { type Figure, gibibytes, mebibytes, seconds } from './figures.ts';
import type { RestoreResult } from './restore.ts';

/** One size of an instance, and what was seen of it. */
export interface Sized {
  bytes: number;
  backup: BackupResult;
  restore?: RestoreResult;
}

const flatBytes = 128 * 1024 ** 2;
const unavailableLimitMs = 30_000;

/** What must not grow with the data: the worker's memory, and the time an in-place restore takes an instance away. */
export function sizeFigures(one: Sized, large: Sized): Figure[] {
  const figures = [memoryFigure('Backup', one, large, one.backup, large.backup)];
  if (one.restore === undefined || large.restore === undefined) return figures;
  figures.push(memoryFigure('Restore', one, large, one.restore, large.restore));
  return [...figures, unavailableFigure(one, one.restore), unavailableFigure(large, large.restore)];
}

type Measured = Pick<BackupResult, 'peaks' | 'ms'>;

function memoryFigure(verb: string, one: Sized, large: Sized, seenOne: Measured, seenLarge: Measured): Figure {
  const more = seenLarge.peaks.workerBytes - seenOne.peaks.workerBytes;
  const at = (sized: Sized, { peaks }: Measured) =>
    `${mebibytes(peaks.workerBytes)} at ${gibibytes(sized.bytes)} (its programs ${mebibytes(peaks.childrenBytes)})`;
  return {
    name: `${verb}, peak memory of the host worker`,
    drydock: `${at(one, seenOne)}, ${at(large, seenLarge)}`,
    byHand: '–',
    ratio: `${more < 0 ? '−' : '+'}${mebibytes(Math.abs(more))}`,
    goal: `+${mebibytes(flatBytes)} at most`,
    met: more <= flatBytes,
    command: `\`drydock ${verb.toLowerCase()}\` in a fresh worker; VmHWM of /proc/PID/status`,
    raw: { one: seenOne, large: seenLarge },
  };
}

function unavailableFigure(sized: Sized, { unavailableMs, steps }: RestoreResult): Figure {
  return {
    name: `Restore in place, unavailable at ${gibibytes(sized.bytes)}`,
    drydock: seconds(unavailableMs),
    byHand: '–',
    ratio: '–',
    goal: `≤ ${unavailableLimitMs / 1000} s`,
    met: unavailableMs <= unavailableLimitMs,
    command: '`drydock restore`; `unavailableMs` of its report',
    raw: { unavailableMs, steps },
  };
}

export function describeSize({ bytes, backup }: Sized): string {
  return `${gibibytes(bytes)} (as a set ${gibibytes(backup.sizeBytes)})`;
}
