import type { NightJob } from '../../contracts/night.ts';
import { DrydockError } from '../../errors.ts';
import { readableDuration } from '../words/duration.ts';
import type { NightEnding } from './night-job.ts';

export function sentence({ job, instance }: NightJob, { outcome, why }: NightEnding): string {
  return `${job} of ${instance} ${outcome === 'done' ? 'is done again' : `is ${outcome}`}${why === undefined ? '' : `: ${why}`}`;
}

/** What the run of a failed or missed job throws. */
export function failureOf(job: NightJob, ending: NightEnding): DrydockError {
  const { outcome, next } = ending;
  const code = outcome === 'missed' ? 'lease-timeout' : 'tool-failed';
  return new DrydockError(code, sentence(job, ending), { next });
}

/** What a procedure that was cancelled for its time failed with, if that is `problem`. */
export function tooLong({ instance, procedure, endWithinMinutes }: NightJob, problem: string): DrydockError {
  const limit = readableDuration(endWithinMinutes * 60_000);
  const what = `${procedure} of ${instance} did not end within ${limit} and was cancelled: ${problem}`;
  return new DrydockError('unavailable', what);
}

/** Says which times were missed: after an outage only the last of several is made up for. */
export function leftOutNotice({ instance, job }: NightJob, times: readonly string[]) {
  if (times.length === 0) return undefined;
  const text = `${job} of ${instance} did not run ${times.length} times before this one, first at ${times[0]}`;
  const next = 'it runs again; look for an outage at that time';
  const details = { job, outcome: 'missed', why: text, next, leftOut: times.slice(0, 50) };
  return { event: 'night-job-missed', instance, text, details };
}
