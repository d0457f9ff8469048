import { appendFileSync } from 'node:fs';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { expect } from 'vitest';
import type { RunHandle } from '../../src/client/index.ts';
import type { DrawnStep } from './drawn-step.ts';
import type { HarnessHost, Orders, WorkerProcess } from './harness-host.ts';
import { readDeaths, stepKey } from './harness-worker.ts';
import type { Plane } from './plane.ts';

/** A procedure that must survive the death of its host worker at any moment. */
export interface KillCase<Report> {
  /** The name of the procedure in the matrix of deaths in docs/proof.md. */
  readonly name: string;
  readonly plane: Plane;
  readonly host: HarnessHost;
  /** Brings the world into the state in which the procedure begins; runs under a worker that nobody kills. */
  readonly prepare?: () => Promise<void>;
  readonly start: () => Promise<RunHandle<Report>>;
  /** Looks at the world afterwards, with a worker that nobody kills. */
  readonly check: (report: Report, workflowId: string) => Promise<void>;
}

export interface KillReport {
  /** Steps on the host, as the recorded run did them. */
  readonly steps: readonly string[];
  /** How often the process died. */
  readonly deaths: number;
  /** Recorded steps in which the process did not die: none, if the harness did its work. */
  readonly spared: readonly string[];
}

/** How Temporal learns of a death: by the silence of the heartbeats after ten seconds, or from the harness at once. */
export type Noticed = 'by silence' | 'at once';

/** Half way through a step, or when its work is done and Temporal does not know yet. */
export type Way = 'middle' | 'after';

/** Runs the procedure once in peace and returns what each of its steps on the host took, in milliseconds. */
async function recordSteps<Report>(killed: KillCase<Report>): Promise<Record<string, number>> {
  const { plane, host } = killed;
  return host.serving(async () => {
    await killed.prepare?.();
    const run = await killed.start();
    await killed.check(await run.result(), run.workflowId);
    return stepsOf(plane.temporal, run.workflowId, host.queue);
  });
}

/** Runs the procedure again and kills its worker once in every recorded step, starting it again each time. */
async function killInEveryStep<Report>(
  killed: KillCase<Report>,
  steps: Record<string, number>,
  mode: Way,
  noticed: Noticed,
): Promise<KillReport> {
  const deaths = await runWithDeaths(killed, { mode, steps }, noticed);
  const intended = readDeaths(killed.host.deaths).filter(({ tooSoon }) => !tooSoon);
  const died = new Set(intended.map(({ step }) => step));
  const names = Object.keys(steps);
  return { steps: names, deaths, spared: names.filter((name) => !died.has(name)) };
}

/** Runs the procedure and kills its worker in one step, when its work is done and Temporal does not know yet; returns which. */
export async function killOnce<Report>(killed: KillCase<Report>, step: DrawnStep): Promise<string> {
  const named = typeof step === 'string';
  const orders: Orders = named ? { mode: 'after', steps: { [step]: 0 } } : { mode: 'nth', nth: step };
  await runWithDeaths(killed, orders, 'at once');
  const [death, ...more] = readDeaths(killed.host.deaths);
  if (death === undefined || more.length > 0)
    throw new Error(`${more.length + (death ? 1 : 0)} deaths in step ${step}`);
  return death.step;
}

/** Answers how often the worker died. */
async function runWithDeaths<Report>(killed: KillCase<Report>, orders: Orders, noticed: Noticed): Promise<number> {
  const { host } = killed;
  host.forget();
  if (killed.prepare !== undefined) await host.serving(killed.prepare);
  const lives = new Lives(() => host.prepare(orders));
  try {
    lives.next();
    const run = await killed.start();
    const outcome = run.result().then(
      (report) => ({ report }),
      (error: unknown) => ({ error }),
    );
    let over: Awaited<typeof outcome> | undefined;
    for (;;) {
      over = await Promise.race([outcome, lives.ended()]);
      if (over !== undefined) break;
      if (noticed === 'at once') await reportDeath(killed.plane.temporal, killed.host, run.workflowId);
      lives.next();
    }
    await lives.end();
    if ('error' in over) throw over.error;
    const { report } = over;
    await host.serving(() => killed.check(report, run.workflowId));
    return lives.deaths;
  } finally {
    await lives.end();
  }
}

/**
 * Runs the procedure in peace, which takes `moreThan` so many steps on the host, and again for each way to die. Kills the
 * worker in every step, and notes the outcome for the matrix of docs/proof.md.
 */
export async function dieInEveryStep<Report>(
  killed: KillCase<Report>,
  { moreThan, middle = 'at once' }: { moreThan: number; middle?: Noticed },
): Promise<void> {
  const steps = await recordSteps(killed);
  expect(Object.keys(steps).length, killed.name).toBeGreaterThan(moreThan);
  const ways: Record<Way, Noticed> = { middle, after: 'at once' };
  for (const way of ['middle', 'after'] as const) {
    const report = await killInEveryStep(killed, steps, way, ways[way]);
    noteDeaths(killed.name, way, report);
    expect(report.spared, `steps that were never killed (${way})`).toEqual([]);
    expect(report.deaths).toBeGreaterThan(Math.min(10, report.steps.length / 3));
  }
}

/** Writes one JSON line for each way into the file that `PROOF_DEATHS` names. */
function noteDeaths(procedure: string, way: Way, { steps, spared }: KillReport): void {
  const file = process.env['PROOF_DEATHS'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ procedure, way, steps, spared })}\n`);
}

/** One worker after the other; the next one is always loaded already. */
class Lives {
  private current: WorkerProcess | undefined;
  private spare: WorkerProcess;
  private readonly make: () => WorkerProcess;
  private begun = 0;

  constructor(make: () => WorkerProcess) {
    this.make = make;
    this.spare = make();
  }

  get deaths(): number {
    return Math.max(0, this.begun - 1);
  }

  next(): void {
    this.begun += 1;
    if (this.begun > 200) throw new Error('the worker died 200 times: it does not get on');
    this.current = this.spare;
    this.current.go();
    this.spare = this.make();
  }

  async ended(): Promise<undefined> {
    await this.current?.ended;
    return undefined;
  }

  async end(): Promise<void> {
    await Promise.all([this.current?.kill(), this.spare.kill()]);
  }
}

/** Pause before the next attempt. A parallel step dies many times, and growing pauses would only cost time here. */
const soonMs = 100;

/** Ends the attempts of a dead worker as the silence of their heartbeats would have done later. */
async function reportDeath(temporal: Client, host: HarnessHost, workflowId: string): Promise<void> {
  const started = 2;
  const { raw } = await temporal.workflow.getHandle(workflowId).describe();
  for (const activity of raw.pendingActivities ?? []) {
    const { activityId, state, activityOptions } = activity;
    if (Number(state) !== started || activityOptions?.taskQueue?.name !== host.queue || !activityId) continue;
    const runId = raw.workflowExecutionInfo?.execution?.runId ?? '';
    const message = 'the worker of this step was killed';
    const death = ApplicationFailure.create({ message, type: 'killed', nextRetryDelay: soonMs });
    await temporal.activity.fail({ workflowId, runId, activityId }, death);
  }
  for (const child of raw.pendingChildren ?? []) {
    if (child.workflowId) await reportDeath(temporal, host, child.workflowId);
  }
}

/** What the history says of every step on a queue, nested procedures included. */
async function stepsOf(client: Client, workflowId: string, queue: string): Promise<Record<string, number>> {
  const handle: WorkflowHandle = client.workflow.getHandle(workflowId);
  const { events } = await handle.fetchHistory();
  const type = events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? '';
  const names = new Map<string, string>();
  const begun = new Map<string, number>();
  const steps: Record<string, number> = {};
  for (const event of events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.taskQueue?.name === queue) {
      names.set(String(event.eventId), stepKey(type, scheduled.activityId ?? ''));
    }
    const started = event.activityTaskStartedEventAttributes;
    if (started) begun.set(String(started.scheduledEventId), timeOf(event.eventTime));
    const completed = event.activityTaskCompletedEventAttributes;
    const name = names.get(String(completed?.scheduledEventId));
    if (name !== undefined) {
      steps[name] = timeOf(event.eventTime) - (begun.get(String(completed?.scheduledEventId)) ?? 0);
    }
    const child = event.childWorkflowExecutionCompletedEventAttributes?.workflowExecution?.workflowId;
    if (child) Object.assign(steps, await stepsOf(client, child, queue));
  }
  return steps;
}

function timeOf(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}
