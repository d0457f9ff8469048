import type { StepRecord } from '../../contracts/progress.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { present } from '../../given.ts';
import { eventsOf } from '../../model/catalogue/step-events.ts';
import { changesOf, noticedOf, workOf } from '../../model/releases/upgrade-words.ts';
import { moment } from '../running/details.ts';
import type { Question, Run } from '../running/run.ts';
import type { ApprovalDesk } from './approval-desk.ts';

/** The plan of an upgrade for its page in the Temporal UI: what it changes, what to look at, how to decide. */
export function upgradeQuestion(plan: UpgradePlan, desk: ApprovalDesk, run: Run): Question {
  return {
    asked: () => (desk.state === 'waiting' ? plan.hash : undefined),
    decisions: () => desk.decisions,
    words: () =>
      [
        ...changes(plan),
        ...consequences(plan),
        ...decisions(desk),
        ...(desk.state === 'waiting'
          ? [...thingsToCheck(plan, run.steps()), ...howToDecide(plan, 'approve', run)]
          : []),
        ...(desk.state === 'watching' ? howToDecide(plan, 'reject', run) : []),
      ].join('\n'),
  };
}

function changes(plan: UpgradePlan): string[] {
  const { from, to, migrations } = plan;
  return [
    '### What it changes',
    `- from **${from.ref}** (${from.colour}, generation ${from.generation}) to **${to.ref}** (${to.colour}, generation ${to.generation})`,
    ...changesOf(plan).map(([what, was, becomes]) => `- ${what}: ${was ? `${was} → ` : ''}${becomes}`),
    ...(migrations.length === 0 ? ['- migrations: none'] : migrations.map(migrationLine)),
  ];
}

function consequences(plan: UpgradePlan): string[] {
  return [
    '### What clients and operators will notice',
    ...noticedOf(plan).map(([name, words]) => `- ${name}: ${words}`),
    '### When it fails',
    ...plan.onFailure.map(({ phase, what }) => `- ${phase}: ${what}`),
  ];
}

function decisions(desk: ApprovalDesk): string[] {
  const given = desk.decisions.map(({ decision, by, at, comment }) => {
    const why = comment === undefined ? '' : `: “${comment}”`;
    return `- ${decision} by **${by}** at ${moment(at)}${why}`;
  });
  const ignored = desk.refusals.slice(-10).map((refusal) => `- ignored a signal: ${refusal.replaceAll('\n', ' ')}`);
  return given.length + ignored.length === 0 ? [] : ['### Decisions', ...given, ...ignored];
}

function thingsToCheck({ host, instance, from, to, way }: UpgradePlan, steps: readonly StepRecord[]): string[] {
  const smoked = eventsOf(steps).findLast(({ kind }) => kind === 'release-smoked');
  const labels = `--filter label=drydock.instance=${instance} --filter label=drydock.colour=${to.colour}`;
  return present(
    '### What to check before you approve',
    '- the migrations, the variables, and what happens when a phase fails',
    way === 'on-copy' &&
      `- ${to.colour} does not run yet: it is built and tried on the copy, before anything is exchanged`,
    smoked !== undefined &&
      `- ${to.colour} runs and answered its smoke requests at ${moment(smoked.at)}; ${from.colour} serves`,
    way === 'beside' && `- its containers, on host ${host}: \`docker ps ${labels}\`, then \`docker logs NAME\``,
  );
}

/** Commands ready to be copied, except for the name of the person who decides. */
function howToDecide({ instance, hash }: UpgradePlan, verb: 'approve' | 'reject', run: Run): string[] {
  const { workflowId, namespace } = run.id;
  const payload = JSON.stringify({ plan: hash, by: 'YOUR NAME', comment: 'WHY' });
  const temporal = `--namespace ${namespace} --workflow-id ${workflowId} --name ${verb} --input '${payload}'`;
  const other = verb === 'approve' ? ['- to say no, say `reject` instead of `approve`'] : [];
  return [
    verb === 'approve' ? '### To approve this plan' : '### To send it back',
    `- on a terminal: \`drydock ${verb} ${instance} --plan ${hash}\``,
    `- here: *More Actions*, *Send an Update* (answered) or *Send a Signal* (not answered), name \`${verb}\`, input:`,
    `  \`${payload}\``,
    `- from another service: \`temporal workflow update execute ${temporal}\`, or \`temporal workflow signal\` with the same options, which is not answered`,
    ...other,
  ];
}

function migrationLine(migration: UpgradePlan['migrations'][number]): string {
  const { name, compatible } = migration;
  return `- migration **${name}**: ${workOf(migration)}; the release before ${compatible ? 'works on with it' : 'does **not** work with it'}`;
}
