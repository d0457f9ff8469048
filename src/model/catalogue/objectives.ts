import type { Blueprint } from '../../contracts/blueprint.ts';
import type { Instant, Tier } from '../../contracts/ids.ts';
import type { SetSummary } from '../../contracts/manifest.ts';
import type { Objective, ObjectiveState } from '../../contracts/objectives.ts';
import { present } from '../../given.ts';
import { isWhole, restorable } from '../sets/whole-sets.ts';
import { readableBytes } from '../words/bytes.ts';
import { durationMs, readableDuration } from '../words/duration.ts';
import { type FailedDrill, type Recovery, scaled } from './recoveries.ts';

/**
 * An objective turns amber at this share of its target. The tenth that is left is time to act: more than two hours of a
 * day. With a larger reserve, an instance backed up every night would be amber every evening.
 */
export const closeShare = 0.9;

/** Older verifications prove nothing about today: one a week and a day of grace, as in `DrydockVerificationOld`. */
export const verificationDays = 8;

/** The same for recoveries: a drill a week and two days of grace, as in `DrydockDrillOld`. */
export const drillDays = 9;

/** The slowest of this many last recoveries counts: a promise must hold in a busy night too. */
export const recoveriesThatCount = 3;

const dayMs = 86_400_000;

/** How old a recovery point may be where the blueprint promises nothing: the interval of the tier's schedule. */
const tierRecoveryPoint: Record<Tier, string> = { premium: '24h', standard: '7d' };

/** A set of the catalogue with its evidence. */
export interface ProvenSet
  extends Pick<
    SetSummary,
    'set' | 'createdAt' | 'blueprint' | 'sizeBytes' | 'level' | 'verifiedAt' | 'evidenceProblems' | 'withoutStores'
  > {
  readonly stores: readonly string[];
}

/** Everything objectives are computed from. Sets, recoveries and drills are newest first. */
export interface ObjectivesObservation {
  readonly instance: string;
  readonly now: Instant;
  readonly tier: Tier;
  readonly blueprint: Pick<Blueprint, 'stores' | 'objectives'>;
  readonly sets: readonly ProvenSet[];
  readonly recoveries: readonly Recovery[];
  readonly failedDrills: readonly FailedDrill[];
}

interface Verdict {
  readonly state: ObjectiveState;
  readonly reason: string;
  readonly next?: string;
  readonly seenMs?: number | undefined;
}

/** The subject of a promise: one store, or the whole instance. */
interface Subject {
  readonly name: string;
  readonly stores: readonly string[];
  readonly whole: boolean;
}

/** The greatest age allowed for the recovery point of a store, and where it is laid down. */
export function recoveryPointTarget(
  { objectives }: Pick<Blueprint, 'objectives'>,
  tier: Tier,
  store: string,
): Pick<Objective, 'targetMs' | 'targetFrom'> {
  const promised = objectives[store]?.rpo;
  if (promised !== undefined) return { targetMs: durationMs(promised), targetFrom: 'blueprint' };
  return { targetMs: durationMs(tierRecoveryPoint[tier]), targetFrom: 'tier' };
}

/** A set that is known to be bad, or whose evidence was tampered with, proves nothing. */
export function counts({ level, evidenceProblems }: Pick<ProvenSet, 'level' | 'evidenceProblems'>): boolean {
  return level !== 'bad' && evidenceProblems.length === 0;
}

/** Every promise about an instance against the evidence: stores in the blueprint's order, then the instance itself. */
export function judgeObjectives(observed: ObjectivesObservation): Objective[] {
  const { blueprint, tier } = observed;
  const stores = Object.keys(blueprint.stores);
  const others = Object.keys(blueprint.objectives).filter((name) => !stores.includes(name));
  const subjects: Subject[] = [
    ...stores.map((name) => ({ name, stores: [name], whole: false })),
    ...others.map((name) => ({ name, stores, whole: true })),
  ];
  return subjects.flatMap((subject) => {
    const { rpo, rto } = blueprint.objectives[subject.name] ?? {};
    const of = subject.name;
    const point = recoveryPointTarget(blueprint, tier, of);
    const time = rto === undefined ? undefined : { targetMs: durationMs(rto), targetFrom: 'blueprint' as const };
    return present(
      ...(subject.whole && rpo === undefined
        ? []
        : [{ of, kind: 'recovery point' as const, ...point, ...pointVerdict(observed, subject, point.targetMs) }]),
      time !== undefined && {
        of,
        kind: 'recovery time' as const,
        ...time,
        ...timeVerdict(observed, subject, time.targetMs),
      },
    );
  });
}

/** Sets that do not count, for readers who wonder. */
export function setsLeftOut(sets: readonly ProvenSet[]): string[] {
  return sets
    .filter((set) => !counts(set))
    .map(({ set, level, evidenceProblems: [problem] }) =>
      level === 'bad'
        ? `set ${set} does not count: the last look found it bad`
        : `set ${set} does not count: its evidence does not fit together (${problem})`,
    );
}

function pointVerdict({ instance, now, sets }: ObjectivesObservation, subject: Subject, targetMs: number): Verdict {
  // A capture speaks for its stores alone: it proves nothing about an instance or about sets of other stores.
  const holding = restorable(sets.filter(counts)).filter((set) => {
    const holdsAll = subject.stores.every((store) => set.stores.includes(store));
    return holdsAll && (isWhole(set) || !subject.whole);
  });
  const [newest] = holding;
  const age = (instant: Instant) => Math.max(0, Date.parse(now) - Date.parse(instant));
  const backUp = `drydock backup ${instance}, then drydock verify ${instance} --set latest`;
  const promised = `at most ${readableDuration(targetMs)} may be lost`;
  if (newest === undefined) {
    const seen =
      sets.length === 0 ? 'there is no recovery set' : `none of ${sets.length} sets is good and holds this data`;
    return { state: 'red', reason: `${seen}: all of it would be lost; ${promised}`, next: backUp };
  }
  const verified = holding.find(({ verifiedAt }) => verifiedAt !== undefined);
  const newestAge = age(newest.createdAt);
  const seen = verified === undefined ? {} : { seenMs: age(verified.createdAt) };
  if (newestAge > targetMs) {
    const which = verified === newest ? 'the last verified set' : 'the newest set, which nobody has read since,';
    return { state: 'red', reason: `${which} is ${inWords(newestAge)} old; ${promised}`, next: backUp, ...seen };
  }
  const lastLook = holding
    .flatMap(({ verifiedAt }) => verifiedAt ?? [])
    .sort()
    .at(-1);
  const verify = `drydock verify ${instance} --set ${newest.set}`;
  if (lastLook === undefined || age(lastLook) > verificationDays * dayMs) {
    const said =
      lastLook === undefined ? 'no set was ever verified' : `no set was verified for ${inWords(age(lastLook))}`;
    const reason = `${said}, so nobody knows whether the newest, ${inWords(newestAge)} old, is good; ${promised}`;
    return { state: 'unknown', reason, next: verify, ...seen };
  }
  if (verified === undefined || age(verified.createdAt) > targetMs) {
    const old =
      verified === undefined
        ? 'no verified set holds this data'
        : `the last verified set is ${inWords(age(verified.createdAt))} old`;
    const reason = `${old}; ${promised}, and only the newest set keeps that promise, ${inWords(newestAge)} old and not read since it was made`;
    return { state: 'amber', reason, next: verify, ...seen };
  }
  const reason = `the last verified set is ${inWords(age(verified.createdAt))} old; ${promised}`;
  if (age(verified.createdAt) <= closeShare * targetMs) return { state: 'green', reason, ...seen };
  // Verifying a younger unverified set is the quicker way out.
  return { state: 'amber', reason: `${reason}, which is close`, next: newest === verified ? backUp : verify, ...seen };
}

function timeVerdict(observed: ObjectivesObservation, subject: Subject, targetMs: number): Verdict {
  const { instance, now, recoveries, failedDrills } = observed;
  const [last] = recoveries;
  const [failed] = failedDrills;
  const ago = (instant: Instant) => inWords(Date.parse(now) - Date.parse(instant));
  const drill = `drydock drill ${instance}`;
  const promised = `at most ${readableDuration(targetMs)} was promised`;
  if (failed !== undefined && (last === undefined || failed.at > last.at)) {
    const reason = `the last drill, ${ago(failed.at)} ago, did not bring set ${failed.set} up (${failed.code}); ${promised}`;
    return {
      state: 'red',
      reason,
      next: `drydock sets ${instance} says which are good; then drydock drill ${instance}`,
    };
  }
  if (last === undefined || Date.parse(now) - Date.parse(last.at) > drillDays * dayMs) {
    const seen =
      last === undefined ? 'no drill or restore has shown the time' : `the last ${last.kind} was ${ago(last.at)} ago`;
    return { state: 'unknown', reason: `${seen}, so nobody knows how long a recovery takes; ${promised}`, next: drill };
  }
  const sizeNow = observed.sets.find((set) => counts(set) && isWhole(set))?.sizeBytes ?? last.sizeBytes;
  const { recovery, seenMs } = recoveries
    .slice(0, recoveriesThatCount)
    .map((one) => ({ recovery: one, seenMs: expectedTime(one, subject, sizeNow) }))
    .reduce((slowest, one) => (one.seenMs > slowest.seenMs ? one : slowest));
  const back = subject.whole ? 'the instance would serve again' : 'the store would be back';
  const source = `by the ${recovery.kind} of ${ago(recovery.at)} ago of ${readableBytes(recovery.sizeBytes)}`;
  const grown = sizeNow > recovery.sizeBytes ? `, scaled to ${readableBytes(sizeNow)}` : '';
  const reason = `${back} in ${readableDuration(seenMs)}, ${source}${grown}; ${promised}`;
  if (seenMs <= closeShare * targetMs) return { state: 'green', reason, seenMs };
  const state = seenMs > targetMs ? 'red' : 'amber';
  return { state, reason: state === 'red' ? reason : `${reason}, which is close`, next: shorten(recovery), seenMs };
}

function expectedTime({ storeMs, wholeMs, sizeBytes }: Recovery, { name, whole }: Subject, sizeNow: number): number {
  return scaled(whole ? wholeMs : (storeMs[name] ?? wholeMs), sizeBytes, sizeNow);
}

function shorten({ longest }: Recovery): string {
  const step = longest === undefined ? '' : `its longest step is ${longest.name}, ${readableDuration(longest.ms)}: `;
  return `${step}give the host more processors or a faster disk, make the data less, or promise less in the blueprint`;
}

/** Whole minutes: seconds do not matter in a day. */
function inWords(ms: number): string {
  return ms < 60_000 ? 'less than 1 min' : readableDuration(Math.floor(ms / 60_000) * 60_000);
}
