import type { StepRecord } from '../contracts/progress.ts';
import { readableBytes } from '../model/words/bytes.ts';
import { measuredDuration } from '../model/words/duration.ts';
import type { Observation, StepObservation } from './observation.ts';
import { decisionCommands } from './upgrade-plan.ts';

/** A line that stays on the screen. */
export interface ProgressLine {
  kind: 'started' | 'done' | 'failed' | 'undone' | 'waiting';
  text: string;
}

/**
 * Turns successive observations of a run into lines that stay and one line about the present. Pure except for its
 * memory of the last observation: no clock, no terminal.
 */
export class ProgressView {
  private readonly states = new Map<string, StepRecord['state']>();
  private readonly firstSeen = new Map<string, { at: number; done: number }>();
  private readonly nested = new Map<string, ProgressView>();
  private wait: string | undefined;

  /** Lines for all changes since the last observation. */
  advance(seen: Observation): ProgressLine[] {
    const steps = seen.progress?.steps ?? [];
    const nested = this.nestedViews(seen).flatMap(([view, inside]) => view.advance(inside));
    return [
      ...steps.flatMap((step, index) => this.changed(step, index)),
      ...nested.map(({ kind, text }) => ({ kind, text: `  ${text}` })),
      ...this.waits(seen),
    ];
  }

  /** The present activity, in one line. */
  current(seen: Observation, now: number): string {
    const running = (seen.progress?.steps ?? []).filter((step) => step.state === 'running' || step.state === 'undoing');
    const waiting = waitOf(seen);
    if (running.length === 0) return waiting ?? seen.progress?.phase ?? 'starting';
    const steps = running.map((step) => this.describeRunning(step, seen.steps, now));
    const nested = this.nestedViews(seen).map(([view, inside]) => view.current(inside, now));
    return [...steps, ...nested, ...(waiting === undefined ? [] : [waiting])].join('; ');
  }

  private nestedViews(seen: Observation): [ProgressView, Observation][] {
    return Object.entries(seen.nested ?? {}).map(([workflowId, inside]) => {
      const view = this.nested.get(workflowId) ?? new ProgressView();
      this.nested.set(workflowId, view);
      return [view, inside];
    });
  }

  private changed(step: StepRecord, index: number): ProgressLine[] {
    const key = `${index} ${step.name}`;
    const before = this.states.get(key);
    this.states.set(key, step.state);
    if (before === step.state) return [];
    return [lineOf(step)].filter((line) => line !== undefined);
  }

  private waits(seen: Observation): ProgressLine[] {
    const wait = waitOf(seen);
    const news = wait !== undefined && wait !== this.wait;
    this.wait = wait;
    return news ? [{ kind: 'waiting', text: [wait, ...howToDecide(seen)].join('\n') }] : [];
  }

  private describeRunning(step: StepRecord, steps: Observation['steps'], now: number): string {
    const seen = step.activityId === undefined ? undefined : steps[step.activityId];
    const parts = [measuredDuration(now - Date.parse(step.startedAt)), ...this.amounts(step, seen, now)];
    if (seen !== undefined && seen.attempt > 1) parts.push(`attempt ${seen.attempt}: ${firstLine(seen.lastFailure)}`);
    return `${step.state === 'undoing' ? 'undoing ' : ''}${step.name} (${parts.join(', ')})`;
  }

  private amounts(step: StepRecord, seen: StepObservation | undefined, now: number): string[] {
    const { done, total, what, unit } = seen?.heartbeat ?? {};
    const parts = what === undefined ? [] : [what];
    if (done === undefined) return parts;
    const amount = (value: number) => (unit === undefined ? readableBytes(value) : `${value} ${String(unit)}`);
    parts.push(total === undefined ? amount(done) : `${amount(done)} of ${amount(total)}`);
    const rate = this.rate(`${step.activityId} ${what ?? ''}`, done, now);
    if (rate === undefined) return parts;
    parts.push(unit === undefined ? `${readableBytes(rate)}/s` : `${rate.toFixed(1)} ${String(unit)}/s`);
    if (total !== undefined && total > done) parts.push(`${measuredDuration(((total - done) / rate) * 1000)} left`);
    return parts;
  }

  /** Per second, since this step was first seen: steady enough to estimate the time left. */
  private rate(key: string, done: number, now: number): number | undefined {
    const first = this.firstSeen.get(key);
    if (first === undefined || done < first.done) {
      this.firstSeen.set(key, { at: now, done });
      return undefined;
    }
    const rate = (done - first.done) / ((now - first.at) / 1000);
    return Number.isFinite(rate) && rate > 0 ? rate : undefined;
  }
}

function lineOf(step: StepRecord): ProgressLine | undefined {
  const took = measuredDuration(Date.parse(step.endedAt ?? step.startedAt) - Date.parse(step.startedAt));
  switch (step.state) {
    case 'running':
      return { kind: 'started', text: step.name };
    case 'done':
      return { kind: 'done', text: `${step.name} (${took})` };
    case 'failed':
      return { kind: 'failed', text: `${step.name} (${took})${step.error ? `: ${firstLine(step.error)}` : ''}` };
    case 'undoing':
      return { kind: 'started', text: `undo: ${step.name}` };
    case 'undone':
      return { kind: 'undone', text: `${step.name} (${took})` };
  }
}

function waitOf(seen: Observation): string | undefined {
  return seen.obstacle ?? seen.progress?.waitingFor;
}

/** The operator's choices for a plan awaiting approval. */
function howToDecide({ progress, obstacle }: Observation): string[] {
  if (progress?.plan === undefined || obstacle !== undefined) return [];
  return decisionCommands(progress.instance, progress.plan).map((line) => `  ${line}`);
}

function firstLine(text: string | undefined): string {
  return text?.split('\n')[0] ?? 'failed';
}
