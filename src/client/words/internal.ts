import type { NightReport, WatchmanReport } from '../../contracts/night.ts';
import type { RetireReport } from '../../contracts/retire.ts';
import type { SettleReport } from '../../contracts/settle.ts';
import type { RetireReleaseReport } from '../../contracts/upgrade.ts';

/** Words for procedures that Drydock starts itself; operators meet these in `drydock watch`. */

export function describeNightJob({ instance, outcome }: NightReport): string {
  const { job, outcome: ended, dueAt, why } = outcome;
  return `${job} of ${instance}, due ${dueAt}: ${ended}${why === undefined ? '' : `, ${why}`}`;
}

export function describeRound({ overlooked, problems }: WatchmanReport): string {
  const missed = overlooked.map(({ instance, outcome: { job, dueAt, why } }) => {
    return `${job} of ${instance}, due ${dueAt}, ${why ?? 'works again'}`;
  });
  return [...missed, ...problems].join('\n') || 'every night job has reported its outcome';
}

export function describeRetiredGeneration({ instance, generation, removed }: RetireReport): string {
  return describeRemoval(`generation ${generation} of ${instance}`, removed);
}

export function describeRetiredRelease({ instance, colour, removed }: RetireReleaseReport): string {
  return describeRemoval(`release ${colour} of ${instance}`, removed);
}

function describeRemoval(what: string, removed: readonly string[]): string {
  if (removed.length === 0) return `nothing of ${what} was removed: it serves, is kept for longer, or is gone`;
  return [`${what} is removed`, ...removed.map((part) => `  ${part}`)].join('\n');
}

export function describeSettled({ instance, done }: SettleReport): string {
  if (done.length === 0) return `${instance} was in order`;
  return [`${instance} is in order again`, ...done.map((what) => `  ${what}`)].join('\n');
}
