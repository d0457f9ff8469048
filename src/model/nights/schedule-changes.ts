import type { PresentSchedule, ScheduleChange, WantedSchedule } from '../../contracts/night.ts';
import { DrydockError } from '../../errors.ts';
import { canonical } from '../words/canonical.ts';
import { firingWords } from './firings.ts';

/**
 * The changes from the present schedules to the wanted ones. Foreign schedules are not touched; `not-ours` when one has
 * a wanted id, since that job could not run.
 */
export function scheduleChanges(
  wanted: readonly WantedSchedule[],
  present: readonly PresentSchedule[],
): ScheduleChange[] {
  const foreign = present.filter(({ id, ours }) => !ours && wanted.some((one) => one.id === id));
  if (foreign.length > 0) {
    throw new DrydockError('not-ours', `make schedules: ${foreign.length} ids belong to schedules of somebody else`, {
      problems: foreign.map(({ id }) => id),
      next: 'delete or rename these schedules in Temporal',
    });
  }
  const mine = new Map(present.filter(({ ours }) => ours).map((schedule) => [schedule.id, schedule]));
  const kept = wanted.map((schedule) => changeOf(schedule, mine.get(schedule.id)));
  const ids = new Set(wanted.map(({ id }) => id));
  const gone = [...mine.keys()].filter((id) => !ids.has(id));
  return [...kept, ...gone.map((id): ScheduleChange => ({ id, change: 'delete', words: 'is no longer asked for' }))];
}

function changeOf(wanted: WantedSchedule, present: PresentSchedule | undefined): ScheduleChange {
  const { id } = wanted;
  if (present === undefined) return { id, change: 'create', words: firingWords(wanted.when), wanted };
  const differences = differencesOf(wanted, present.as);
  if (differences.length > 0) return { id, change: 'change', words: differences.join('; '), wanted };
  return { id, change: 'unchanged', words: firingWords(wanted.when) };
}

function differencesOf(wanted: WantedSchedule, present: WantedSchedule | undefined): string[] {
  if (present === undefined) return [`was changed by hand; ${firingWords(wanted.when)} again`];
  const [before, after] = [firingWords(present.when), firingWords(wanted.when)];
  return [
    ...(before === after ? [] : [`${before} → ${after}`]),
    ...(canonical(present.input) === canonical(wanted.input) ? [] : ['another input']),
    ...(present.workflow === wanted.workflow ? [] : [`${present.workflow} → ${wanted.workflow}`]),
    ...(present.catchupMinutes === wanted.catchupMinutes
      ? []
      : [`late by up to ${present.catchupMinutes} min → ${wanted.catchupMinutes} min`]),
  ];
}
