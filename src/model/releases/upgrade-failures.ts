import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { present } from '../../given.ts';

type Planned = Pick<UpgradePlan, 'instance' | 'from' | 'to' | 'way' | 'migrations' | 'soakMinutes' | 'readOnly'>;

/** What happens when something fails, phase by phase, in the words of the person who approves it. */
export function failuresOf(plan: Planned, graceHours: number): UpgradePlan['onFailure'] {
  return [...(plan.way === 'beside' ? failuresBeside(plan) : failuresOnCopy(plan)), afterTheWatch(plan, graceHours)];
}

function failuresBeside({ from, to, migrations, readOnly, soakMinutes }: Planned): UpgradePlan['onFailure'] {
  const [old, candidate] = [from.colour, to.colour];
  const removed = `${candidate} is removed; ${old} has never stopped serving`;
  const writable = readOnly.needed === 'no' ? '' : 'writing is allowed again, ';
  return present(
    { phase: 'start of the new release', what: removed },
    { phase: 'approval and window', what: removed },
    { phase: 'safety set', what: removed },
    migrations.length > 0 && {
      phase: 'migrations',
      what: `${writable}${candidate} is removed; ${old} works on with the data, and finished migrations are not repeated`,
    },
    {
      phase: 'switch',
      what: `traffic stays with ${old} or goes back to it, ${writable}${candidate} is removed; nothing written is lost`,
    },
    {
      phase: `watch of ${soakMinutes} min`,
      what: `traffic goes back to ${old} by itself, and after a reject; ${candidate} is removed, and nothing written is lost`,
    },
  );
}

function failuresOnCopy({ from, to, migrations, soakMinutes }: Planned): UpgradePlan['onFailure'] {
  const { colour: old, generation } = from;
  const removed = `writing is allowed again, the copy is removed; ${old} has never stopped answering reads`;
  return [
    { phase: 'approval and window', what: `nothing was touched; ${old} has never stopped serving` },
    { phase: 'safety set and copy', what: removed },
    ...(migrations.length === 0 ? [] : [{ phase: 'migrations of the copy', what: removed }]),
    { phase: 'smoke of the new release on the copy', what: removed },
    {
      phase: 'switch',
      what: `${old} serves generation ${generation} again, after a short gap; nothing written is lost`,
    },
    {
      phase: `watch of ${soakMinutes} min`,
      what:
        `${old} serves generation ${generation} again by itself, and after a reject, after a short gap; what was written to ` +
        `generation ${to.generation} since the switch is lost, and counted in the report`,
    },
  ];
}

function afterTheWatch({ instance, from, way }: Planned, graceHours: number): UpgradePlan['onFailure'][number] {
  const lost = way === 'on-copy' ? '; what was written since the switch is lost then' : '';
  return {
    phase: 'after the watch',
    what:
      graceHours === 0
        ? `there is no way back; ${from.colour} is removed at once`
        : `it goes back only when asked: \`drydock upgrade ${instance} --back\` within ${graceHours} h${lost}`,
  };
}
