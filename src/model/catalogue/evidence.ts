import { EvidenceRecord, type VerificationLevel } from '../../contracts/evidence.ts';
import type { Identity, Sha256 } from '../../contracts/ids.ts';
import type { SetSummary } from '../../contracts/manifest.ts';
import type { ErrorCode } from '../../errors.ts';
import { jsonIn } from '../../json.ts';
import { evidenceKey, fullName } from '../instance/names.ts';

/** An object of a set's chain as it is stored. */
export interface EvidenceObject {
  key: string;
  text: string;
  sha256: Sha256;
}

/** The set that a chain is about, and the present digest of its manifest. */
export interface EvidenceSubject {
  of: Identity;
  set: string;
  manifest: Sha256;
}

export interface EvidenceChain {
  /** Valid records, oldest first. */
  records: readonly EvidenceRecord[];
  problems: readonly string[];
  /** The position that the next record states. */
  next: { number: number; previous?: Sha256 | undefined };
}

/** Findings that speak against the set. All other failures blame the host, the release or the moment. */
const againstTheSet: ReadonlySet<string> = new Set<ErrorCode>(['damaged', 'mismatch', 'cannot-decrypt']);

/**
 * Reads a chain, oldest first. A record counts when it names this set and this manifest and fits its neighbours. Where
 * two records do not fit, one was changed and nobody can say which, so neither counts. Later records count again.
 */
export function readChain(subject: EvidenceSubject, objects: readonly EvidenceObject[]): EvidenceChain {
  const read = objects.map((object) => ({ object, record: recordOf(object) }));
  const problems: string[] = [];
  const fits: boolean[] = [];
  for (const [index, { object, record }] of read.entries()) {
    const before = objects[index - 1];
    const reasons =
      record === undefined ? ['the object is not a record of evidence'] : wrongAbout(subject, object, record);
    problems.push(...reasons.map((reason) => `${object.key}: ${reason}`));
    fits.push(reasons.length === 0);
    if (record === undefined || record.previous === before?.sha256) continue;
    problems.push(`${object.key}: the chain is broken, ${brokenAt(record, before)}`);
    fits[index] = false;
    if (index > 0) fits[index - 1] = false;
  }
  const last = objects.at(-1);
  return {
    records: read.flatMap(({ record }, index) => (record !== undefined && fits[index] === true ? [record] : [])),
    problems,
    next: {
      number: 1 + Math.max(0, ...objects.map(({ key }) => numberOf(key))),
      previous: last?.sha256,
    },
  };
}

/** The level and dates that a chain proves for a set. */
export function judge(
  chain: Pick<EvidenceChain, 'records' | 'problems'>,
): Pick<SetSummary, 'level' | 'verifiedAt' | 'drilledAt' | 'lastDrill' | 'evidenceProblems'> {
  const { records } = chain;
  const lastBad = records.findLastIndex(
    ({ finding }) => finding.outcome === 'failed' && againstTheSet.has(finding.code),
  );
  const passed = records.slice(lastBad + 1).filter(({ finding }) => finding.outcome === 'passed');
  const verifiedAt = passed.at(-1)?.at; // A drill fetches every byte and checks its digests too.
  const drilledAt = passed.findLast(({ kind }) => kind === 'drilled')?.at;
  const drill = records.findLast((record) => record.kind === 'drilled');
  const fallback: VerificationLevel = lastBad >= 0 ? 'bad' : 'captured';
  return {
    level: drilledAt !== undefined ? 'drilled' : verifiedAt !== undefined ? 'every byte' : fallback,
    verifiedAt,
    drilledAt,
    lastDrill: drill && { at: drill.at, finding: drill.finding, recoveryMs: drill.recoveryMs },
    evidenceProblems: [...chain.problems],
  };
}

/** The set whose bytes nobody has read for longest; a backup is the first to read its own set. */
export function leastRecentlyVerified<
  Candidate extends { set: string; createdAt: string; lastLookAt?: string | undefined },
>(sets: readonly Candidate[]): Candidate | undefined {
  const lookedAt = ({ createdAt, lastLookAt }: Candidate) => Date.parse(lastLookAt ?? createdAt);
  return sets.toSorted((left, right) => lookedAt(left) - lookedAt(right) || (left.set < right.set ? -1 : 1))[0];
}

/** True when the record's procedure read the set to its end, or to a fault in the set. */
export function readEveryByte({ kind, finding }: EvidenceRecord): boolean {
  return finding.outcome === 'passed' || kind === 'bytes-verified' || againstTheSet.has(finding.code);
}

/** Undefined for an object that is something else: it is reported and does not count. */
function recordOf({ text }: EvidenceObject): EvidenceRecord | undefined {
  return EvidenceRecord.safeParse(jsonIn(text)).data;
}

function wrongAbout(subject: EvidenceSubject, { key }: EvidenceObject, record: EvidenceRecord): string[] {
  const { of, set, manifest } = subject;
  return [
    ...(fullName(record) === fullName(of) && record.set === set
      ? []
      : [`the record names set ${record.set} of ${fullName(record)}`]),
    ...(record.manifest === manifest ? [] : ['the record names another manifest than the present one']),
    ...(key === evidenceKey(of, set, record.number)
      ? []
      : [`the record says that it is number ${record.number} of the chain`]),
  ];
}

function brokenAt(record: EvidenceRecord, before: EvidenceObject | undefined): string {
  if (before === undefined) return 'the records before it are gone';
  return record.previous === undefined
    ? 'the record says that it is the first'
    : `the record does not follow the present ${before.key}`;
}

/** Keys of the records of a chain in order; other objects are left out. */
export function inOrder(keys: readonly string[]): string[] {
  return keys.filter((key) => numberOf(key) > 0).toSorted((left, right) => numberOf(left) - numberOf(right));
}

function numberOf(key: string): number {
  return Number(/\/(\d+)\.json$/.exec(key)?.[1] ?? 0);
}
