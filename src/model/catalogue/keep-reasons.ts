import type { RetentionBasis } from '../../contracts/retention.ts';
import { isWhole } from '../sets/whole-sets.ts';
import { type CataloguedSet, minuteInWords, type RetentionObservation, timeOfSet } from './retention-observation.ts';

type Living = Extract<RetentionBasis, { kind: 'living' }>;
/** Records a reason to keep a set; called once for each reason. */
type Keep = (set: CataloguedSet, reason: string) => void;

const dayMs = 86_400_000;

/** How long every capture stays, in days. Whole sets serve to go back to an earlier moment. */
export const captureDays = 1;

/**
 * Why sets of a living instance stay, by the rules of its tier. `all` are newest first. Whole sets are counted apart:
 * no number of captures replaces one.
 */
export function keepByRules(basis: Living, all: readonly CataloguedSet[], now: number, keep: Keep): void {
  const sets = all.filter(isWhole);
  keepCaptures(basis, all, now, keep);
  keepNewest(sets, basis.stores, keep);
  keepVerified(sets, basis.stores, basis.rules.keepVerified, keep);
  const rules = basis.rules[basis.tier];
  for (const set of sets) {
    if (now - ageFrom(set) <= rules.keepWithinDays * dayMs) {
      keep(set, `not older than ${rules.keepWithinDays} d (tier ${basis.tier})`);
    }
  }
  keepLastOf(sets, rules.keepDaily, 'day', dayOf, keep);
  keepLastOf(sets, rules.keepWeekly, 'week', weekOf, keep);
  keepLastOf(sets, rules.keepMonthly, 'month', monthOf, keep);
}

/**
 * A capture brings one store further than the newest whole set does. So the last captures of each store stay until a
 * whole set is newer, and each capture stays for a day: a run that reads it ends, and a bad whole set is noticed.
 */
function keepCaptures(
  { stores, rules: { keepVerified: wanted } }: Living,
  all: readonly CataloguedSet[],
  now: number,
  keep: Keep,
): void {
  const newestWhole = all.findIndex(isWhole);
  const newer = newestWhole === -1 ? all : all.slice(0, newestWhole);
  for (const store of stores) {
    const held = newer.filter((capture) => capture.stores.includes(store));
    const last = [...held.filter(isVerified).slice(0, wanted), ...held.slice(0, wanted)];
    for (const capture of new Set(last)) keep(capture, `one of the last captures of ${store}: no whole set is newer`);
  }
  for (const capture of all.filter((set) => !isWhole(set) && now - ageFrom(set) <= captureDays * dayMs)) {
    keep(capture, `a capture of ${capture.stores.join(', ')}, not older than ${captureDays} d`);
  }
}

/** Why sets stay despite the rules: somebody reads them, relies on them, or was promised them. */
export function keepForOthers(observed: RetentionObservation, sets: readonly CataloguedSet[], keep: Keep): void {
  const now = Date.parse(observed.now);
  for (const { set: id, procedure, workflowId, startedAt } of observed.openRuns) {
    if (id === undefined) keepUnsaid(sets, Date.parse(startedAt), `${procedure} (${workflowId})`, keep);
    for (const set of sets.filter((one) => one.set === id)) keep(set, `in use by ${procedure} (${workflowId})`);
    if (procedure === 'restore' && id !== undefined) keepNewer(sets, timeOfSet(id), workflowId, keep);
  }
  for (const { set: id, until, by } of observed.reliances) {
    if (Date.parse(until) <= now) continue;
    for (const set of sets.filter((one) => one.set === id)) {
      keep(set, `safety set of ${by}: the way back is open until ${minuteInWords(until)}`);
    }
  }
  keepForWayBack(observed, sets, now, keep);
}

/** A restore names the set it is made from, but not the newer captures from which it takes some stores. */
function keepNewer(sets: readonly CataloguedSet[], madeFrom: number, workflowId: string, keep: Keep): void {
  for (const set of sets.filter((one) => !isWhole(one) && timeOfSet(one.set) > madeFrom)) {
    keep(set, `restore (${workflowId}) may take a store from it`);
  }
}

/** The newest sets of all stores of today's blueprint, and the newest of each store. */
function keepNewest(sets: readonly CataloguedSet[], stores: readonly string[], keep: Keep): void {
  const [newest] = sets;
  if (newest !== undefined) keep(newest, 'the newest set');
  for (const { holds, words } of scopes(stores)) {
    const found = sets.find(holds);
    if (found !== undefined && found !== newest) keep(found, `the newest set${words}`);
  }
}

/** The last verified sets; if there are too few, the newest unverified ones make up the number. */
function keepVerified(sets: readonly CataloguedSet[], stores: readonly string[], wanted: number, keep: Keep): void {
  const told = new Set<CataloguedSet>();
  const tell = (set: CataloguedSet, reason: string) => {
    if (!told.has(set)) keep(set, reason);
    told.add(set);
  };
  for (const { holds, words } of scopes(stores)) {
    const held = sets.filter(holds);
    const verified = held.filter(isVerified).slice(0, wanted);
    for (const set of verified) tell(set, `one of the last ${wanted} verified sets${words}`);
    const others = held.filter((set) => !isVerified(set));
    for (const set of others.slice(0, wanted - verified.length)) {
      tell(set, `only ${verified.length} of ${wanted} sets${words} are verified: it stands in for one`);
    }
  }
}

function isVerified({ verifiedAt }: CataloguedSet): boolean {
  return verifiedAt !== undefined;
}

/** All stores of today's blueprint, then each alone, since a whole set of an earlier blueprint may lack some. */
function scopes(stores: readonly string[]): { words: string; holds: (set: CataloguedSet) => boolean }[] {
  return [
    { words: '', holds: (set) => stores.every((store) => set.stores.includes(store)) },
    ...stores.map((store) => ({
      words: ` with ${store}`,
      holds: (set: CataloguedSet) => set.stores.includes(store),
    })),
  ];
}

/** The last set of each of the last `wanted` periods with a set. Sets of other stores are counted apart. */
function keepLastOf(
  sets: readonly CataloguedSet[],
  wanted: number,
  unit: string,
  periodOf: (ms: number) => string,
  keep: Keep,
): void {
  const seen = new Map<string, Set<string>>();
  for (const set of sets) {
    const alike = [...set.stores].sort().join();
    const periods = seen.get(alike) ?? new Set();
    seen.set(alike, periods);
    const period = periodOf(timeOfSet(set.set));
    if (periods.has(period) || periods.size >= wanted) continue;
    periods.add(period);
    keep(set, `the last of the ${unit} ${period}`);
  }
}

/** A run that has named no set reads the newest whole set before its beginning or a later one; captures if asked. */
function keepUnsaid(sets: readonly CataloguedSet[], startedAt: number, who: string, keep: Keep): void {
  const first = sets.findIndex((set) => isWhole(set) && timeOfSet(set.set) <= startedAt);
  const possible = first === -1 ? sets : sets.slice(0, first + 1);
  for (const set of possible) keep(set, `${who} has not said yet which set it reads`);
}

/** An upgrade relied on the newest set of its former release, even if its journal entry was never written. */
function keepForWayBack(observed: RetentionObservation, sets: readonly CataloguedSet[], now: number, keep: Keep): void {
  const previous = observed.basis.kind === 'living' ? observed.basis.previous : undefined;
  if (previous === undefined || Date.parse(previous.keepUntil) <= now) return;
  const found = sets.find((set) => isWhole(set) && set.blueprint.digest === previous.digest);
  if (found === undefined) return;
  keep(
    found,
    `the newest set of ${previous.ref}, which is kept for the way back until ${minuteInWords(previous.keepUntil)}`,
  );
}

/** A set counts as made at the later of two moments: in its id and in its manifest. */
export function ageFrom({ set, createdAt }: CataloguedSet): number {
  return Math.max(timeOfSet(set), Date.parse(createdAt));
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function monthOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 7);
}

/** ISO 8601: a week belongs to the year of its Thursday. */
function weekOf(ms: number): string {
  const day = (new Date(ms).getUTCDay() + 6) % 7;
  const thursday = new Date(ms + (3 - day) * dayMs);
  const firstOfYear = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = 1 + Math.floor((thursday.getTime() - firstOfYear) / (7 * dayMs));
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}
