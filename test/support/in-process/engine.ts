import { AsyncLocalStorage } from 'node:async_hooks';
import { WorkflowFailedError } from '@temporalio/client';
import { type TemporalFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Platform } from '../../../src/workflows/running/platform.ts';
import type { Activities } from '../temporal.ts';
import { carriedAll } from './carried.ts';
import { LeapingClock } from './clock.ts';
import { MemoryRun, type RunStart } from './run.ts';
import type { Site } from './step.ts';

/** Performs the procedure of that type on the platform. */
export type Perform = (type: string, platform: Platform, args: readonly unknown[]) => Promise<unknown>;

/** Carries runs in plain memory, one event after the other; time leaps while a result is awaited and nothing is at work. */
export class InProcess implements Site {
  readonly clock = new LeapingClock();
  readonly client: Site['client'];
  readonly runs: MemoryRun[] = [];
  private readonly perform: Perform;
  private readonly queues = new Map<string, PromiseWithResolvers<Activities>>();
  /** Async context of the engine: events of a run happen here, not in the activity or run that caused them. */
  readonly outside = AsyncLocalStorage.snapshot();
  private attended = 0;
  private awaited = 0;
  private isStirred = false;
  private restful: (() => void)[] = [];

  constructor(perform: Perform, client: (engine: InProcess) => Site['client']) {
    this.perform = perform;
    this.client = client(this);
  }

  begin(start: RunStart, args: readonly unknown[]): MemoryRun {
    const { type, workflowId } = start;
    if (this.find(workflowId)?.isOpen) {
      throw new WorkflowExecutionAlreadyStartedError('Workflow execution already started', workflowId, type);
    }
    const run = new MemoryRun(this, start);
    this.runs.push(run);
    this.event(() => run.begin(() => this.perform(type, run, carriedAll(args))));
    return run;
  }

  find(workflowId: string, runId?: string): MemoryRun | undefined {
    return this.runs.findLast(({ run }) => run.workflowId === workflowId && [undefined, run.runId].includes(runId));
  }

  worker(queue: string): Promise<Activities> {
    const known = this.queues.get(queue) ?? Promise.withResolvers<Activities>();
    this.queues.set(queue, known);
    return known.promise;
  }

  work(queue: string, activities: Activities): void {
    void this.worker(queue);
    this.queues.get(queue)?.resolve(activities);
  }

  async attend<T>(work: () => Promise<T>): Promise<T> {
    this.attended += 1;
    try {
      return await work();
    } finally {
      this.attended -= 1;
      this.stir();
    }
  }

  /** While a caller awaits something, the clock may leap. */
  async leaping<T>(something: Promise<T>): Promise<T> {
    this.awaited += 1;
    this.stir();
    try {
      return await something;
    } finally {
      this.awaited -= 1;
    }
  }

  event(happens: () => void): void {
    this.outside(happens);
    this.stir();
  }

  /** Waits until all effects of the last event have happened, then continues the runs whose waits are met. */
  stir(): void {
    if (this.isStirred) return;
    this.isStirred = true;
    setImmediate(() => {
      this.isStirred = false;
      const open = this.runs.filter(({ isOpen }) => isOpen);
      const went = open.filter((run) => run.look()).length > 0;
      if (!went) for (const tell of this.restful.splice(0)) tell();
      const leapt = !went && this.attended === 0 && this.awaited > 0 && this.clock.leap();
      if (went || leapt) this.stir();
    });
  }

  /** Waits until all effects of past events have happened, except the work of activities. */
  atRest(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.restful.push(resolve);
    this.stir();
    return promise;
  }

  failed({ run }: MemoryRun, cause: TemporalFailure): WorkflowFailedError {
    return new WorkflowFailedError(`Workflow ${run.workflowId} failed`, cause, 'RETRY_POLICY_NOT_SET');
  }

  /** Ends every run and waits until no activity is at work. */
  async clear(): Promise<void> {
    for (const run of this.runs) run.terminate();
    while (this.attended > 0) await new Promise((resolve) => setImmediate(resolve));
    this.runs.length = 0;
    this.queues.clear();
    this.clock.reset();
  }
}
