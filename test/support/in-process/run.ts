import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure, ChildWorkflowFailure, TemporalFailure, TerminatedFailure } from '@temporalio/common';
import { type ActivityOptions, isCancellation } from '@temporalio/workflow';
import type { WorkflowType } from '../../../src/contracts/queues.ts';
import type { ChildCall, Platform, Scope } from '../../../src/workflows/running/platform.ts';
import { carried, carriedFailure } from './carried.ts';
import type { InProcess } from './engine.ts';
import { MemoryMessages } from './messages.ts';
import { MemoryScope } from './scope.ts';
import { MemoryStep } from './step.ts';

export interface RunStart {
  readonly type: string;
  readonly workflowId: string;
  /** Queue of the workflows, and of steps that name no other queue. */
  readonly taskQueue: string;
  readonly memo?: Readonly<Record<string, unknown>> | undefined;
}

type Status = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TERMINATED' | 'CONTINUED_AS_NEW';

/** What a server keeps of a run is long by then. */
const longRunEvents = 2_000;

interface Wait {
  readonly isSo: () => boolean;
  readonly met: () => void;
  /** Nobody waits any more. */
  readonly drop: () => void;
}

const log = { info() {}, warn() {}, error() {} };

/** A run without a server: the platform of a procedure, and the handle of a client. */
export class MemoryRun implements Platform {
  readonly run: Platform['run'];
  readonly log = log;
  readonly type: string;
  readonly attributes: Record<string, string> = {};
  details = '';
  status: Status = 'RUNNING';
  closedAt: Date | undefined;
  /** Result or failure of the run, as the client of a server receives it. */
  readonly result: Promise<unknown>;
  readonly start: RunStart;
  readonly messages: MemoryMessages;
  private readonly engine: InProcess;
  private readonly root = new MemoryScope(undefined, false);
  private readonly ending = Promise.withResolvers<unknown>();
  private readonly waits = new Set<Wait>();
  private readonly children = new Set<MemoryRun>();
  private readonly steps = new Set<MemoryStep>();
  private calls = 0;
  private events = 0;
  private next: MemoryRun | undefined;

  constructor(engine: InProcess, start: RunStart) {
    this.engine = engine;
    this.start = start;
    this.type = start.type;
    this.result = this.ending.promise;
    this.result.catch(() => {});
    this.run = { workflowId: start.workflowId, runId: randomUUID(), namespace: 'default', startedAt: this.now() };
    this.messages = new MemoryMessages({
      event: (happens) => this.event(happens),
      perform: (work) => this.root.run(work),
      fail: (error) => this.fail(error),
    });
    const answer = () => ({ currentDetails: this.details });
    this.onQuery('__temporal_workflow_metadata', { description: 'what is shown', answer });
  }

  get isOpen(): boolean {
    return this.status === 'RUNNING';
  }

  /** The run in which this run has continued as new. */
  get latest(): MemoryRun {
    return this.next?.latest ?? this;
  }

  /** Begins the work, and closes the run when the work has ended. */
  begin(work: () => Promise<unknown>): void {
    this.root
      .run(async () => work())
      .then(
        (result) => this.close('COMPLETED', () => this.ending.resolve(carried(result))),
        (error: unknown) => this.fail(error),
      );
  }

  now(): Date {
    return new Date(this.engine.clock.now());
  }

  uuid(): string {
    return randomUUID();
  }

  activity(name: string, input: object, options: ActivityOptions): Promise<unknown> {
    const { workflowId, runId } = this.run;
    this.calls += 1;
    const { activityId = String(this.calls), taskQueue: queue = this.start.taskQueue } = options;
    const order = { activity: name, activityId, input, queue, options, workflowType: this.type, workflowId, runId };
    const step = new MemoryStep(order, this.engine);
    this.steps.add(step);
    const ended = () => this.steps.delete(step);
    return this.within(
      () => step.result().finally(ended),
      () => step.cancel(),
    );
  }

  child(type: WorkflowType, call: ChildCall): Promise<unknown> {
    let child: MemoryRun | undefined;
    const begin = async () => {
      child = this.beginOther(type, call);
      this.children.add(child);
      const { workflowId, runId } = child.run;
      return child.result.catch((error: unknown) => {
        if (!(error instanceof WorkflowFailedError)) throw error;
        throw new ChildWorkflowFailure('default', { workflowId, runId }, type, error.retryState, error.cause);
      });
    };
    return this.within(begin, () => child?.cancel());
  }

  async later(type: WorkflowType, call: ChildCall): Promise<{ workflowId: string; runId: string }> {
    const { run } = await this.within(
      async () => this.beginOther(type, call),
      () => {},
    );
    return { workflowId: run.workflowId, runId: run.runId };
  }

  signal({ workflowId, runId }: { workflowId: string; runId: string }, name: string, payload: unknown): Promise<void> {
    const send = async () => {
      const run = this.engine.find(workflowId, runId);
      if (!run?.isOpen) throw new Error(`signal ${workflowId}: there is no such open run`);
      run.messages.signal(name, payload);
    };
    return this.within(send, () => {});
  }

  until(isSo: () => boolean, { timeoutMs }: { timeoutMs?: number }): Promise<boolean> {
    const scope = MemoryScope.current();
    if (scope.reason !== undefined) return Promise.reject(scope.reason);
    if (isSo()) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      const wait = { isSo, met: () => end(() => resolve(true)), drop: () => end(() => {}) };
      const stop =
        timeoutMs === undefined
          ? () => {}
          : this.engine.clock.after(timeoutMs, () => this.event(() => end(() => resolve(isSo()))));
      const off = scope.whenCancelled((reason) => end(() => reject(reason)));
      const end = (how: () => void) => {
        this.waits.delete(wait);
        stop();
        off();
        how();
      };
      this.waits.add(wait);
    });
  }

  scope(): Scope {
    return new MemoryScope(MemoryScope.current(), false);
  }

  shielded<T>(work: () => Promise<T>): Promise<T> {
    return new MemoryScope(MemoryScope.current(), true).run(work);
  }

  onSignal(...signal: Parameters<Platform['onSignal']>): void {
    this.messages.onSignal(...signal);
  }

  onUpdate(...update: Parameters<Platform['onUpdate']>): void {
    this.messages.onUpdate(...update);
  }

  onQuery(...query: Parameters<Platform['onQuery']>): void {
    this.messages.onQuery(...query);
  }

  hasAnswered(): boolean {
    return this.messages.areAnswered;
  }

  isLong(): boolean {
    return this.events > longRunEvents;
  }

  beginAnew(input: unknown): Promise<never> {
    this.close('CONTINUED_AS_NEW', () => {
      this.next = this.engine.begin(this.start, [input]);
      this.ending.resolve(this.next.result);
    });
    return new Promise(() => {});
  }

  show(details: string): void {
    this.details = details;
  }

  showAttributes(values: Parameters<Platform['showAttributes']>[0]): void {
    for (const [name, value] of Object.entries(values)) if (value) this.attributes[name] = value;
  }

  countRun(): void {}

  measureWait(): void {}

  /** Continues every wait whose condition is met; true if there was such a wait. */
  look(): boolean {
    const met = [...this.waits].filter(({ isSo }) => isSo());
    for (const wait of met) wait.met();
    return met.length > 0;
  }

  cancel(): void {
    this.event(() => this.root.cancelFor(new CancelledFailure('Workflow cancelled')));
  }

  /** Ends the run at once: no part of it goes on, and nothing is undone. */
  terminate(): void {
    for (const step of this.steps) step.cancel();
    for (const { drop } of this.waits) drop();
    this.close('TERMINATED', () => this.ending.reject(this.engine.failed(this, new TerminatedFailure('terminated'))));
  }

  private beginOther(type: WorkflowType, { workflowId, args }: ChildCall): MemoryRun {
    const { taskQueue } = this.start;
    return this.engine.begin({ type, workflowId, taskQueue }, args);
  }

  /** Does the work outside of the run and returns its outcome. A cancellation is passed to the work, whose end is awaited. */
  private within<T>(work: () => Promise<T>, cancel: () => void): Promise<T> {
    const scope = MemoryScope.current();
    if (scope.reason !== undefined) return Promise.reject(scope.reason);
    return new Promise((resolve, reject) => {
      const off = scope.whenCancelled(cancel);
      const land = (how: () => void) => {
        off();
        this.event(how);
      };
      this.engine.outside(() => {
        work().then(
          (result) => land(() => resolve(result)),
          (error) => land(() => reject(error)),
        );
      });
    });
  }

  /** An event from outside of the run; a closed run ignores it. */
  private event(happens: () => void): void {
    if (!this.isOpen) return;
    this.events += 1;
    this.engine.event(happens);
  }

  /** Temporal would repeat a task for ever after an error that is not a Temporal failure: here the error ends the run. */
  private fail(error: unknown): void {
    if (!(error instanceof TemporalFailure)) {
      this.close('FAILED', () => this.ending.reject(error));
      return;
    }
    const isCancelled = this.root.reason !== undefined && isCancellation(error);
    const cause = isCancelled ? new CancelledFailure('Workflow canceled') : carriedFailure(error);
    this.close(isCancelled ? 'CANCELLED' : 'FAILED', () => this.ending.reject(this.engine.failed(this, cause)));
  }

  private close(status: Status, end: () => void): void {
    if (!this.isOpen) return;
    this.status = status;
    this.closedAt = this.now();
    for (const child of this.children) child.cancel();
    end();
    this.engine.stir();
  }
}
