import type { BucketProtection } from '../../contracts/bucket-protection.ts';
import type { Identity, Instant, SetId } from '../../contracts/ids.ts';
import type { LeftAlone, RetentionBasis, Tombstone } from '../../contracts/retention.ts';

/** A set whose manifest was read and names that set. */
export interface CataloguedSet {
  readonly set: SetId;
  readonly createdAt: Instant;
  /** When every byte was last read again and matched. */
  readonly verifiedAt?: Instant | undefined;
  readonly stores: readonly string[];
  /** Present for a capture. */
  readonly withoutStores?: readonly string[] | undefined;
  readonly blueprint: { readonly ref: string; readonly digest: string };
  readonly objects: number;
  readonly sizeBytes: number;
}

/** A set whose manifest cannot be read as one of ours: its contents are unknown, so the set stays. */
interface UnreadableSet {
  readonly set: SetId;
  readonly problem: string;
  readonly objects: number;
  readonly sizeBytes: number;
}

/** Objects below a set without a manifest that are proven ours. */
export interface Fragment {
  readonly set: SetId;
  readonly objects: number;
  readonly sizeBytes: number;
  /** The moment of the youngest object. */
  readonly newestAt: Instant;
  /** `removal`: a removal of this set did not end. `backup`: its manifest was never written, or is gone. */
  readonly from: 'removal' | 'backup';
}

export interface UnfinishedUpload {
  readonly set: SetId;
  readonly key: string;
  readonly uploadId: string;
  readonly initiatedAt: Instant;
}

/** An open run that reads or writes a set; `set` is absent until the run names it. */
export interface OpenRun {
  readonly procedure: string;
  readonly workflowId: string;
  readonly startedAt: Instant;
  readonly set?: string;
}

/** A set that something relies on until a moment, according to the journal. */
export interface Reliance {
  readonly set: string;
  readonly until: Instant;
  readonly by: string;
}

/** Everything a retention plan is made from. */
export interface RetentionObservation {
  readonly of: Identity;
  readonly now: Instant;
  readonly basis: RetentionBasis;
  /** Of a decommissioned instance, or of one whose decommissioning has not ended. */
  readonly tombstone?: Tombstone | undefined;
  readonly sets: readonly CataloguedSet[];
  readonly unreadable: readonly UnreadableSet[];
  readonly fragments: readonly Fragment[];
  readonly uploads: readonly UnfinishedUpload[];
  readonly leftAlone: readonly LeftAlone[];
  readonly openRuns: readonly OpenRun[];
  readonly reliances: readonly Reliance[];
  readonly protection: BucketProtection;
}

/** The moment in a set id: `20261121T030000Z-1a2b3c4d`. */
export function timeOfSet(set: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(set) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** `5 h`, `12 d`: whole units, rounded down. */
export function ageInWords(ms: number): string {
  const hours = Math.max(0, Math.floor(ms / 3_600_000));
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** `2026-11-21 03:00 UTC` */
export function minuteInWords(instant: string): string {
  return `${instant.slice(0, 16).replace('T', ' ')} UTC`;
}
