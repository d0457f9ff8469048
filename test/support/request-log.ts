/** The request of a client: a page of concepts, a search, or a document to keep. */
export const requestKinds = ['list', 'search', 'write'] as const;
export type RequestKind = (typeof requestKinds)[number];

/**
 * How a request ended: `answered` with success; `refused` by the edge because of read-only, or `closed` because of maintenance,
 * both with Retry-After; `failed` in any other way, also without an answer.
 */
export const requestOutcomes = ['answered', 'refused', 'closed', 'failed'] as const;
export type RequestOutcome = (typeof requestOutcomes)[number];

export interface RequestRecord {
  /** When the request was sent, in milliseconds since 1970. */
  at: number;
  kind: RequestKind;
  outcome: RequestOutcome;
  /** Status of the answer; 0 without an answer. */
  status: number;
  /** From sending to the end of the answer. */
  ms: number;
}

/** Selects requests by time; without a bound all. */
export interface Selection {
  from?: number;
  to?: number;
  kinds?: readonly RequestKind[];
  outcomes?: readonly RequestOutcome[];
}

export interface RequestLog {
  readonly length: number;
  add(record: RequestRecord, problem?: string): void;
  /** Requests in the order in which they ended. */
  records(selection?: Selection): Generator<RequestRecord>;
  counts(selection?: Selection): Record<RequestOutcome, number> & { total: number };
  /** How long the given share of requests took at most, in milliseconds; NaN when there were none. */
  percentile(share: number, selection?: Selection): number;
  /** Failures in words, with their number and the time of the first. */
  problems(): { problem: string; count: number; firstAt: number }[];
}

const chunkLength = 8192;
const knownProblems = 100;

/** Fourteen bytes a request, in chunks that are never copied. */
interface Chunk {
  at: Float64Array;
  ms: Float32Array;
  status: Uint16Array;
  what: Uint8Array;
}

export function createRequestLog(): RequestLog {
  const chunks: Chunk[] = [];
  const problems = new Map<string, { count: number; firstAt: number }>();
  let length = 0;

  function* records(selection: Selection = {}): Generator<RequestRecord> {
    for (let index = 0; index < length; index++) {
      const record = unpacked(chunks[Math.floor(index / chunkLength)] as Chunk, index % chunkLength);
      if (isSelected(record, selection)) yield record;
    }
  }
  return {
    get length() {
      return length;
    },
    records,
    add(record, problem) {
      const place = length % chunkLength;
      if (place === 0) chunks.push(emptyChunk());
      const chunk = chunks.at(-1) as Chunk;
      chunk.at[place] = record.at;
      chunk.ms[place] = record.ms;
      chunk.status[place] = record.status;
      chunk.what[place] = requestKinds.indexOf(record.kind) * 8 + requestOutcomes.indexOf(record.outcome);
      length += 1;
      if (problem === undefined) return;
      const known = problems.get(problem);
      if (known !== undefined) known.count += 1;
      else if (problems.size < knownProblems) problems.set(problem, { count: 1, firstAt: record.at });
    },
    counts(selection) {
      const counts = { answered: 0, refused: 0, closed: 0, failed: 0, total: 0 };
      for (const { outcome } of records(selection)) {
        counts[outcome] += 1;
        counts.total += 1;
      }
      return counts;
    },
    percentile(share, selection) {
      const times = Float64Array.from(records(selection), ({ ms }) => ms).sort();
      return times[Math.max(0, Math.ceil(share * times.length) - 1)] ?? Number.NaN;
    },
    problems: () => [...problems].map(([problem, seen]) => ({ problem, ...seen })),
  };
}

function emptyChunk(): Chunk {
  return {
    at: new Float64Array(chunkLength),
    ms: new Float32Array(chunkLength),
    status: new Uint16Array(chunkLength),
    what: new Uint8Array(chunkLength),
  };
}

function unpacked(chunk: Chunk, place: number): RequestRecord {
  const what = chunk.what[place] ?? 0;
  return {
    at: chunk.at[place] ?? 0,
    kind: requestKinds[what >> 3] as RequestKind,
    outcome: requestOutcomes[what & 7] as RequestOutcome,
    status: chunk.status[place] ?? 0,
    ms: chunk.ms[place] ?? 0,
  };
}

function isSelected(record: RequestRecord, { from, to, kinds, outcomes }: Selection): boolean {
  return (
    record.at >= (from ?? 0) &&
    record.at < (to ?? Number.POSITIVE_INFINITY) &&
    (kinds?.includes(record.kind) ?? true) &&
    (outcomes?.includes(record.outcome) ?? true)
  );
}
