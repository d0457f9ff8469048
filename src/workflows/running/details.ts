import type { Claimant, HostEntity, InstanceState } from '../../contracts/lease.ts';
import type { NightOutcome } from '../../contracts/night.ts';
import type { Progress, StepRecord } from '../../contracts/progress.ts';
import { readableBytes } from '../../model/words/bytes.ts';
import { measuredDuration } from '../../model/words/duration.ts';

interface ProcedureView {
  readonly progress: Progress;
  readonly workflowId: string;
  readonly phaseSince: string;
  readonly plan: object | undefined;
  /** Shown instead of the fields of the plan. */
  readonly words: string | undefined;
  readonly error: string | undefined;
}

/** Current details of a procedure. Markdown without tables, since most versions of the UI show those as text. */
export function procedureDetails({ progress, workflowId, phaseSince, plan, words, error }: ProcedureView): string {
  const target = progress.instance === '' ? '' : ` of ${progress.instance}`;
  return lines(
    `## ${progress.procedure}${target}`,
    `- phase: **${progress.phase}** since ${moment(phaseSince)}`,
    progress.waitingFor && `- ${progress.waitingFor}`,
    error && `- error: ${error.replaceAll('\n', '\n  ')}`,
    words ?? (plan && `### Plan\n${planLines(plan)}`),
    progress.steps.length > 0 && `### Steps\n${stepLines(progress.steps)}`,
    isOpen(progress) && '### To stop it',
    isOpen(progress) && '- Cancel (*Request Cancellation*): the step that runs is stopped and what was begun is undone',
    isOpen(progress) && `- on a terminal: \`temporal workflow cancel --workflow-id ${workflowId}\``,
    isOpen(progress) && '- Terminate undoes nothing',
  );
}

/** Current details of the `instance` entity: the operator's page of the instance. */
export function instanceDetails({ facts, holder, waiting, hold, nights }: InstanceState): string {
  const reason = facts.modeReason ? ` (${facts.modeReason})` : '';
  return lines(
    `## ${facts.instance} on ${facts.host}`,
    `- id: ${facts.id}`,
    `- status: **${facts.status}**, tier ${facts.tier}`,
    `- release: ${facts.blueprint}, ${facts.colour}, generation ${facts.generation}`,
    `- mode: ${facts.mode}${reason}`,
    `- last set: ${setLine(facts.lastSet, facts.lastSetAt)}`,
    `- last verified set: ${setLine(facts.lastVerifiedSet, facts.lastVerifiedAt)}`,
    ...Object.entries(facts.addresses).map(([name, address]) => `- ${name}: ${address}`),
    hold && `- night jobs held until ${moment(hold.until)}: ${hold.reason}`,
    '### Procedures',
    ...queueLines(holder, waiting),
    Object.keys(nights).length > 0 && '### Nights',
    ...Object.values(nights).map(nightLine),
  );
}

/** Current details of the `host` entity. */
export function hostDetails({ host, holder, waiting }: HostEntity): string {
  return lines(`## Night jobs on ${host}`, ...queueLines(holder, waiting));
}

function queueLines(holder: Claimant | undefined, waiting: readonly Claimant[]): string[] {
  return [
    holder === undefined
      ? '- nothing runs'
      : `- runs: **${holder.procedure}** (${holder.workflowId}), since ${moment(holder.since)}`,
    ...waiting.map((claimant, index) => {
      const ahead = index === 0 ? holder : waiting[index - 1];
      const behind = ahead === undefined ? '' : `, after ${ahead.procedure} (${ahead.workflowId})`;
      return `- waits: ${claimant.procedure} (${claimant.workflowId}), since ${moment(claimant.since)}${behind}`;
    }),
  ];
}

function nightLine({ job, outcome, dueAt, why, lastDoneAt }: NightOutcome): string {
  const reason = why === undefined ? '' : `: ${firstLine(why)}`;
  const before = outcome === 'done' || lastDoneAt === undefined ? '' : `; last done ${moment(lastDoneAt)}`;
  return `- ${job}: **${outcome}**, due ${moment(dueAt)}${reason}${before}`;
}

/** `2026-11-21T03:00:00.000Z` as `2026-11-21 03:00:00 UTC`. */
export function moment(instant: string): string {
  return `${instant.slice(0, 10)} ${clock(instant)} UTC`;
}

const shownSteps = 100;

function stepLines(steps: readonly StepRecord[]): string {
  const hidden = steps.length - shownSteps;
  const first = hidden > 0 ? [`- … ${hidden} earlier steps`] : [];
  return [...first, ...steps.slice(-shownSteps).map(stepLine)].join('\n');
}

function stepLine(step: StepRecord): string {
  const ended =
    step.endedAt === undefined
      ? ''
      : `–${clock(step.endedAt)} (${measuredDuration(Date.parse(step.endedAt) - Date.parse(step.startedAt))})`;
  const error = step.error === undefined ? '' : `: ${firstLine(step.error)}`;
  return `- ${step.state}: ${step.name}, ${clock(step.startedAt)}${ended}${error}`;
}

/** The fields of a plan that fit on a line; digests are for machines. */
function planLines(plan: object): string {
  const fields = Object.entries(plan).flatMap(([name, value]) => {
    const shown = name === 'hash' ? undefined : planValue(name, value);
    return shown === undefined ? [] : [`- ${words(name)}: ${shown}`];
  });
  return fields.slice(0, 30).join('\n');
}

function planValue(name: string, value: unknown): string | undefined {
  if (typeof value === 'number') return name.endsWith('Bytes') ? readableBytes(value) : String(value);
  if (typeof value === 'string' || typeof value === 'boolean') return firstLine(String(value));
  if (Array.isArray(value)) {
    if (value.length === 0) return 'none';
    return value.every((entry) => typeof entry === 'string') ? firstLine(value.join(', ')) : `${value.length}`;
  }
  if (typeof value === 'object' && value !== null && 'ref' in value) return String(value.ref);
  return undefined;
}

function words(name: string): string {
  return name.replace(/Bytes$/, '').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

function clock(instant: string): string {
  return instant.slice(11, 19);
}

function setLine(set: string | undefined, at: string | undefined): string {
  if (set === undefined) return 'none';
  return at === undefined ? set : `${set}, ${moment(at)}`;
}

function isOpen(progress: Progress): boolean {
  return progress.phase !== 'done' && progress.phase !== 'failed';
}

/** Puts an empty line above each heading: the UI would take the heading for a part of the list above. */
function lines(...entries: readonly (string | false | undefined)[]): string {
  const shown = entries.filter((entry) => typeof entry === 'string' && entry !== '').join('\n');
  return shown.replaceAll('\n### ', '\n\n### ');
}
