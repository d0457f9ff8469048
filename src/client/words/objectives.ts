import type { Objective, ObjectivesReport } from '../../contracts/objectives.ts';

export function describeObjectives({ instance, objectives, notes }: ObjectivesReport): string {
  if (objectives.length === 0) return [`nothing is promised for ${instance}`, ...notes].join('\n');
  return [...objectives.flatMap(describeObjective), ...notes].join('\n');
}

/** The colour as a word, so that a log or a pager shows it too. */
export function describeObjective({ of, kind, state, reason, next }: Objective): string[] {
  const line = `${state.padEnd(8)}${of}, ${kind}: ${reason}`;
  return state === 'green' || next === undefined ? [line] : [line, `${''.padEnd(8)}→ ${next}`];
}
