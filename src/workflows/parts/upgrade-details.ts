import type { Migration } from '../../contracts/blueprint.ts';
import type { StepRecord } from '../../contracts/progress.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { present } from '../../given.ts';
import { eventsOf } from '../../model/catalogue/step-events.ts';
import { scriptOf } from '../../stores/kinds.ts';
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
  const { from, to, variables, services, config, stores, migrations } = plan;
  const images = plan.images.filter((image) => image.from !== image.to);
  const variable = (name: string) =>
    variables.values[name] === undefined ? name : `${name}=${variables.values[name]}`;
  return [
    '### What it changes',
    `- from **${from.ref}** (${from.colour}, generation ${from.generation}) to **${to.ref}** (${to.colour}, generation ${to.generation})`,
    ...images.map((image) => `- image of ${image.service}: ${image.from ?? 'none'} → ${image.to ?? 'none'}`),
    ...listed('services added', services.added),
    ...listed('services removed', services.removed),
    ...listed('variables added', variables.added.map(variable)),
    ...listed('variables changed', variables.changed.map(variable)),
    ...listed('variables removed', variables.removed),
    ...listed('files of config/ that come along', config.added),
    ...listed('files of config/ that stay as they are', config.kept),
    ...stores.map(({ store, what }) => `- store ${store}: ${what}`),
    ...(migrations.length === 0 ? ['- migrations: none'] : migrations.map(migrationLine)),
    ...(plan.edge === 'reloaded' ? ['- edge: new configuration, without losing a connection'] : []),
  ];
}

function consequences(plan: UpgradePlan): string[] {
  const { readOnly, watch } = plan;
  return [
    '### What clients and operators will notice',
    `- way: ${ways[plan.way]}`,
    `- read-only: ${readOnlyReasons[readOnly.needed]}${expected(plan)}`,
    `- safety set: ${plan.safetySet.kind === 'fresh' ? 'a new one' : `one younger than ${plan.safetySet.maxAgeHours} h, else a new one`}`,
    `- begins: ${plan.window === 'now' ? 'as soon as it is approved' : `in the window ${plan.window}`}; takes up to ${minutes(plan.expectedMs)}`,
    `- then watched for ${plan.soakMinutes} min; goes back by itself at ${watch.errorRate * 100} % more errors, or answers ${watch.latencyFactor} times as slow and over ${watch.latencyFloorMs} ms`,
    ...(plan.forced === undefined ? [] : [`- **forced**: ${plan.forced}`]),
    '### When it fails',
    ...plan.onFailure.map(({ phase, what }) => `- ${phase}: ${what}`),
  ];
}

const ways = {
  beside: 'beside the serving release, on the same stores; traffic moves without a gap',
  'on-copy': 'on a copy of the data; nothing answers while the two are exchanged',
} as const satisfies Record<UpgradePlan['way'], string>;

const readOnlyReasons = {
  no: 'no',
  'for-migrations': 'while it migrates',
  'asked-by-blueprint': 'because the blueprint asks for it',
  'for-the-copy': 'from the safety set until the copy serves',
} as const satisfies Record<UpgradePlan['readOnly']['needed'], string>;

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
    way === 'on-copy' && '- nothing of it runs yet: it is built and tried on the copy, before anything is exchanged',
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

function migrationLine(migration: Migration): string {
  const { name, compatible } = migration;
  return `- migration **${name}**: ${migrationWork(migration)}; the release before ${compatible ? 'works on with it' : 'does **not** work with it'}`;
}

function migrationWork(migration: Migration): string {
  if ('store' in migration) return `${scriptOf(migration)?.file} in ${migration.store}`;
  return `\`${migration.command.join(' ')}\` in a container of ${migration.service}`;
}

function expected({ readOnly }: UpgradePlan): string {
  const known = readOnly.needed !== 'no' && readOnly.expectedMs !== undefined;
  return known ? `; ${Math.ceil((readOnly.expectedMs ?? 0) / 1000)} s the last time` : '';
}

function minutes(ms: number): string {
  return `${Math.ceil(ms / 60_000)} min`;
}

function listed(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`- ${what}: ${names.join(', ')}`];
}
