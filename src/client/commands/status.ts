import type { Command } from 'commander';
import type { InstanceState } from '../../contracts/lease.ts';
import { type NightOutcome, schedulePrefix } from '../../contracts/night.ts';
import { readableAge } from '../../model/words/duration.ts';
import type { Context } from '../context.ts';
import type { InstanceView, RunView } from '../instances.ts';
import { askObjectives, type ObjectivesView } from '../objectives.ts';
import { look } from '../run-procedure.ts';
import type { ScheduleView } from '../schedules.ts';
import { formatTable } from '../table.ts';
import { decisionCommands } from '../upgrade-plan.ts';
import { describeAddresses } from '../words/addresses.ts';
import { describeObjective } from '../words/objectives.ts';

/** `status`: all instances, or one in full. */
export function addStatus(program: Command, context: Context): void {
  program
    .command('status [name]')
    .description('all instances, or one in full')
    .option('--json', 'print one JSON object')
    .action((name: string | undefined, options: { json?: boolean }) =>
      name === undefined ? showAll(context, options) : showOne(context, options, name),
    );
}

function showAll(context: Context, options: { json?: boolean }): Promise<void> {
  return look(
    context,
    options,
    (operations) => operations.instances(),
    (views) => describeInstances(views, Date.now()),
  );
}

function showOne(context: Context, options: { json?: boolean }, name: string): Promise<void> {
  return look(
    context,
    options,
    async (operations) => {
      const state = await operations.instance(name);
      return {
        ...state,
        running: await operations.running(name),
        paused: (await operations.schedules(name)).filter(({ paused }) => paused !== undefined),
        ...(await askObjectives(operations, state.facts)),
      };
    },
    (state) => describeInstance(state, Date.now()),
  );
}

function describeInstances(views: readonly InstanceView[], now: number): string {
  if (views.length === 0) return 'no instances; drydock provision makes one';
  const rows = views.map(({ instance, state, problem }) => {
    if (state === undefined) return [instance, '?', '', '', '', '', problem];
    const { facts } = state;
    const waiting = state.waiting.length === 0 ? '' : `, ${state.waiting.length} waiting`;
    const now_ = state.holder === undefined ? '' : `${state.holder.procedure}${waiting}`;
    return [instance, facts.host, facts.blueprint, facts.mode, facts.status, readableAge(facts.lastSetAt, now), now_];
  });
  return formatTable(['INSTANCE', 'HOST', 'BLUEPRINT', 'MODE', 'STATUS', 'LAST SET', 'NOW'], rows);
}

type InstanceInFull = InstanceState & { running: readonly RunView[]; paused?: readonly ScheduleView[] } & (
    | ObjectivesView
    | { objectives?: undefined; objectivesProblem?: undefined }
  );

export function describeInstance(state: InstanceInFull, now: number): string {
  const { facts, holder, waiting } = state;
  const rows = [
    ['instance', `${facts.instance} (${facts.tier}) on host ${facts.host}, ${facts.status}`],
    ['id', facts.id],
    ['blueprint', `${facts.blueprint}, release ${facts.colour}, generation ${facts.generation}`],
    ['mode', facts.modeReason === undefined ? facts.mode : `${facts.mode}: ${facts.modeReason}`],
    ['last set', describeSet(facts.lastSet, facts.lastSetAt, now)],
    ['verified', describeSet(facts.lastVerifiedSet, facts.lastVerifiedAt, now)],
    ['runs', holder === undefined ? 'nothing' : `${holder.procedure} since ${holder.since} (${holder.workflowId})`],
    ...waiting.map((claim) => ['waits', `${claim.procedure} since ${claim.since} (${claim.workflowId})`]),
    ...state.running
      .filter((run) => run.workflowId !== holder?.workflowId && !waiting.some((c) => c.workflowId === run.workflowId))
      .flatMap((run) => describeOpen(facts.instance, run)),
    ...describeNights(state, now),
    ...describeObjectives(state),
  ];
  return [...rows.map(([name, value]) => `${name?.padEnd(12)}${value}`), ...describeAddresses(facts.addresses)].join(
    '\n',
  );
}

/** A run that holds no lease and waits for none: what it waits for, and how to decide about a plan. */
function describeOpen(instance: string, { procedure, startedAt, workflowId, waitingFor, plan }: RunView): string[][] {
  return [
    ['open', `${procedure} since ${startedAt} (${workflowId})`],
    ...(waitingFor === undefined ? [] : [['', waitingFor]]),
    ...(plan === undefined ? [] : decisionCommands(instance, plan).map((line) => ['', line])),
  ];
}

/** Holds and pauses, and the last outcome of each night job. */
function describeNights({ facts, hold, nights, paused = [] }: InstanceInFull, now: number): string[][] {
  const which = hold?.jobs === undefined ? 'night jobs' : hold.jobs.join(', ');
  const held = hold !== undefined && Date.parse(hold.until) > now;
  const names = paused.map(
    ({ id, paused: note }) => `${id.slice(schedulePrefix(facts.instance).length)}${note ? ` (${note})` : ''}`,
  );
  return [
    ...(held ? [['held', `${which} until ${hold.until}: ${hold.reason}`]] : []),
    ...(names.length === 0 ? [] : [['paused', names.join(', ')]]),
    ...Object.values(nights).map((outcome) => ['night', describeOutcome(outcome, now)]),
  ];
}

function describeObjectives(state: InstanceInFull): string[][] {
  if (state.objectivesProblem !== undefined) return [['objectives', `not known: ${state.objectivesProblem}`]];
  if (state.objectives === undefined) return [];
  return [
    ...state.objectives.flatMap((objective) => {
      const [line = '', ...more] = describeObjective(objective);
      return [['objective', line], ...more.map((next) => ['', next])];
    }),
    ...state.objectiveNotes.map((note) => ['', note]),
  ];
}

function describeOutcome({ job, outcome, at, why, next, lastDoneAt }: NightOutcome, now: number): string {
  const head = `${job} ${outcome} ${readableAge(at, now)}`;
  if (outcome === 'done') return head;
  const before = lastDoneAt === undefined ? 'never done before' : `last done ${readableAge(lastDoneAt, now)}`;
  const advice = next === undefined ? '' : ` → ${next}`;
  return `${head}, ${before}${why === undefined ? '' : `: ${why.split('\n', 1)[0]}`}${advice}`;
}

function describeSet(set: string | undefined, at: string | undefined, now: number): string {
  return set === undefined ? 'none' : `${set} (${readableAge(at, now)})`;
}
