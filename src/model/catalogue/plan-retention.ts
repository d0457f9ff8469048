import type { BucketProtection } from '../../contracts/bucket-protection.ts';
import type { RetentionBasis, RetentionPlan, SetDecision, Tombstone } from '../../contracts/retention.ts';
import { RetentionRules } from '../../contracts/retention-rules.ts';
import { present } from '../../given.ts';
import { isWhole } from '../sets/whole-sets.ts';
import { ageFrom, captureDays, keepByRules, keepForOthers } from './keep-reasons.ts';
import { decideOrphans } from './plan-orphans.ts';
import {
  ageInWords,
  type CataloguedSet,
  minuteInWords,
  type RetentionObservation,
  timeOfSet,
} from './retention-observation.ts';

/** How many of the things left alone are told: a bucket may hold any number. */
const mostToTell = 100;

/** The basis for sets of an instance that is gone: its tombstone, and rules that need no blueprint. */
export function goneBasis(): RetentionBasis {
  return { kind: 'decommissioned', rules: RetentionRules.parse({}) };
}

/** Which sets and orphans of an instance go, and the reasons. Refuses nothing: in doubt it keeps. */
export function planRetention(observed: RetentionObservation): Omit<RetentionPlan, 'hash'> {
  const sets = [...decideSets(observed), ...keepUnreadable(observed)].sort((a, b) => (a.set < b.set ? 1 : -1));
  const orphans = decideOrphans(observed);
  const going = [...sets, ...orphans].filter(({ verdict }) => verdict === 'delete');
  const staying = sets.filter(({ verdict }) => verdict === 'keep');
  return {
    ...observed.of,
    life: observed.basis.kind,
    rules: rulesInWords(observed),
    sets,
    orphans,
    leftAlone: observed.leftAlone.slice(0, mostToTell),
    leftAloneCount: observed.leftAlone.length,
    deleteSets: sets.length - staying.length,
    deleteBytes: total(going),
    keepBytes: total(staying),
    notes: notesOf(observed.protection),
  };
}

function decideSets(observed: RetentionObservation): SetDecision[] {
  const sets = [...observed.sets].sort((a, b) => (a.set < b.set ? 1 : -1));
  const reasons = new Map<CataloguedSet, string[]>(sets.map((set) => [set, []]));
  const keep = (set: CataloguedSet, reason: string) => void reasons.get(set)?.push(reason);
  const { basis, tombstone } = observed;
  const now = Date.parse(observed.now);
  if (basis.kind === 'living') keepByRules(basis, sets, now, keep);
  if (tombstone !== undefined) keepPromised(tombstone, sets, now, keep);
  if (basis.kind === 'decommissioned') keepIfItLives(tombstone, sets, keep);
  keepForOthers(observed, sets, keep);
  return sets.map((set) => {
    const { set: id, createdAt, verifiedAt, objects, sizeBytes } = set;
    const facts = { set: id, createdAt, verifiedAt, objects, sizeBytes };
    const kept = reasons.get(set) ?? [];
    if (kept.length > 0) return { ...facts, verdict: 'keep', reasons: kept };
    return { ...facts, verdict: 'delete', reasons: [whyItGoes(observed, set, now)] };
  });
}

/** A promise made at decommissioning holds, even while the instance still lives. */
function keepPromised(
  { decommissionedAt, keepSetsUntil }: Tombstone,
  sets: readonly CataloguedSet[],
  now: number,
  keep: (set: CataloguedSet, reason: string) => void,
): void {
  if (Date.parse(keepSetsUntil) <= now) return;
  for (const set of sets) {
    if (ageFrom(set) > Date.parse(decommissionedAt)) continue;
    keep(set, `promised until ${minuteInWords(keepSetsUntil)} when the instance was decommissioned`);
  }
}

/** A set made later than the tombstone shows that the instance lives again. */
function keepIfItLives(
  tombstone: Tombstone | undefined,
  sets: readonly CataloguedSet[],
  keep: (set: CataloguedSet, reason: string) => void,
): void {
  const at = Date.parse(tombstone?.decommissionedAt ?? '');
  const later = sets.find((set) => !(ageFrom(set) <= at));
  if (later === undefined) return;
  for (const set of sets) keep(set, `set ${later.set} is younger than the decommissioning: the instance may live`);
}

function whyItGoes({ basis, tombstone }: RetentionObservation, set: CataloguedSet, now: number): string {
  const age = ageInWords(now - ageFrom(set));
  if (basis.kind === 'living' && !isWhole(set)) {
    const stores = set.stores.join(', ');
    return `${age} old; a capture of ${stores} stays for ${captureDays} d, or while it is one of the last and no whole set is newer`;
  }
  if (basis.kind === 'living') {
    const days = basis.rules[basis.tier].keepWithinDays;
    return `${age} old; tier ${basis.tier} keeps ${days} d, and no other rule keeps it`;
  }
  return `${age} old; the instance was decommissioned, and its sets were promised until ${minuteInWords(tombstone?.keepSetsUntil ?? '')}`;
}

function keepUnreadable({ unreadable }: RetentionObservation): SetDecision[] {
  return unreadable.map(({ set, problem, objects, sizeBytes }) => ({
    set,
    createdAt: new Date(timeOfSet(set) || 0).toISOString(),
    objects,
    sizeBytes,
    verdict: 'keep',
    reasons: [`cannot be proven ours: ${problem}`],
  }));
}

function rulesInWords({ basis, tombstone, sets }: RetentionObservation): string[] {
  const grace = `the remains of unfinished backups go after ${basis.rules.orphanGraceHours} h`;
  if (basis.kind === 'decommissioned') {
    const { decommissionedAt = '', keepSetsUntil = '' } = tombstone ?? {};
    return [
      `decommissioned on ${minuteInWords(decommissionedAt)}: all sets stay until ${minuteInWords(keepSetsUntil)}, then all go`,
      grace,
    ];
  }
  const { keepWithinDays, keepDaily, keepWeekly, keepMonthly } = basis.rules[basis.tier];
  const periods = [
    [keepDaily, 'days'],
    [keepWeekly, 'weeks'],
    [keepMonthly, 'months'],
  ] as const;
  return present(
    `sets stay for ${keepWithinDays} d (tier ${basis.tier})`,
    ...periods.flatMap(([count, unit]) =>
      count === 0 ? [] : [`the last set of each of the last ${count} ${unit} with one`],
    ),
    `never fewer than the last ${basis.rules.keepVerified} verified sets`,
    !sets.every(isWhole) &&
      `captures of single stores stay for ${captureDays} d, the last ${basis.rules.keepVerified} of a store while no whole set is newer`,
    grace,
  );
}

function notesOf({ versioning, objectLock, lockWords }: BucketProtection): string[] {
  return present(
    versioning === 'on' &&
      'the bucket keeps versions: deleted objects are hidden, and take room until a lifecycle rule of the bucket expires them',
    objectLock === 'on' &&
      `the bucket locks objects${lockWords === undefined ? '' : ` (${lockWords})`}: locked bytes stay until their lock ends`,
    (versioning === 'unknown' || objectLock === 'unknown') &&
      'the bucket does not say whether it keeps versions or locks objects',
  );
}

function total(items: readonly { sizeBytes: number }[]): number {
  return items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
