import type { HoldReport } from '../../contracts/night.ts';

export function describeHold({ instance, hold }: HoldReport): string {
  if (hold === undefined) return `the night jobs of ${instance} go on`;
  const which = hold.jobs === undefined ? 'the night jobs' : hold.jobs.join(', ');
  return `${which} of ${instance} are held until ${hold.until}: ${hold.reason}`;
}
