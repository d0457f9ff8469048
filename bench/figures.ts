/** One line of the results. */
export interface Figure {
  name: string;
  drydock: string;
  byHand: string;
  ratio: string;
  goal: string;
  /** Absent where no goal was set. */
  met: boolean | undefined;
  command: string;
  /** Everything the line was made from. */
  raw: unknown;
}

export interface Pair {
  drydockMs: number;
  byHandMs: number;
}

/** A ratio of two times measured in turns: each pair has one, and the median of these counts. */
export function ratioFigure(
  name: string,
  pairs: readonly Pair[],
  limit: number | undefined,
  command: string,
  raw: unknown,
): Figure {
  const ratio = median(pairs.map(({ drydockMs, byHandMs }) => drydockMs / byHandMs));
  return {
    name,
    drydock: seconds(median(pairs.map(({ drydockMs }) => drydockMs))),
    byHand: seconds(median(pairs.map(({ byHandMs }) => byHandMs))),
    ratio: ratio.toFixed(2),
    goal: limit === undefined ? '–' : `≤ ${limit}`,
    met: limit === undefined ? undefined : ratio <= limit,
    command,
    raw: { pairs, ...(raw as object) },
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
}
