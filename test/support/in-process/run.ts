import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import {
  CancelledFailure,
  ChildWorkflowFailure,
  TemporalFailure,
  TerminatedFailure,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { type ActivityOptions, isCancellation } from '@temporalio/workflow';
import type { WorkflowType } from '../../../src/contracts/queues.ts';
import type { ChildCall, Platform, Scope } from '../../../src/workflows/running/platform.ts';
import { carried, carriedFailure } from './carried.ts';
import type { InProcess } from './engine.ts';
import { MemoryScope } from './scope.ts';
import { MemoryStep } from './step.ts';

export interface RunStart {
  readonly type: string;
  readonly workflowId: string;
  /** Of the workflows; the activities of a step go there too unless it names another. */
  readonly taskQueue: string;
  readonly scheduledAt?: Date;
}

type Status = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TERMINATED';

interface Wait {
  readonly isSo: () => boolean;
  readonly met: () => void;
}

const log = { info() {}, warn() {}, error() {} };

/** A run without a server: what a procedure asks of its platform, and what a client may do with the run. */
export class MemoryRun implements Platform {
  readonly run: Platform['run'];
  readonly log = log;
  readonly type: string;
  readonly attributes: Record<string, string> = {};
  details = '';
  status: Status = 'RUNNING';
  /** What it answers, or how it failed: as the client of a server is told. */
  readonly result: Promise<unknown>;
  private readonly engine: InProcess;
  private readonly start: RunStart;
  private readonly root = new MemoryScope(undefined, false);
  private readonly ending = Promise.withResolvers<unknown>();
  private readonly waits = new Set<Wait>();
  private readonly children = new Set<MemoryRun>();
  private readonly steps = new Set<MemoryStep>();
  private readonly signals = new Map<string, Parameters<Platform['onSignal']>[1]>();
  private readonly updates = new Map<string, Parameters<Platform['onUpdate']>[1]>();
  private readonly queries = new Map<string, Parameters<Platform['onQuery']>[1]>();
  private early: { name: string; payload: unknown }[] = [];
  private calls = 0;

  constructor(engine: InProcess, start: RunStart) {
    this.engine = engine;
    this.start = start;
    this.type = start.type;
    this.result = this.ending.promise;
    this.result.catch(() => {});
    this.run = {
      ...{ workflowId: start.workflowId, runId: randomUUID(), namespace: 'default', startedAt: this.now() },
      ...(start.scheduledAt === undefined ? {} : { scheduledAt: start.scheduledAt }),
    };
    const answer = () => ({ currentDetails: this.details });
    this.onQuery('__temporal_workflow_metadata', { description: 'what is shown', answer });
  }

  get isOpen(): boolean {
    return this.status === 'RUNNING';
  }

  /** Begins the work, and closes the run when that has ended. */
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
      child = this.engine.begin({ ...this.start, type, workflowId: call.workflowId }, call.args);
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
    const begin = async () => this.engine.begin({ ...this.start, type, workflowId: call.workflowId }, call.args);
    const { run } = await this.within(begin, () => {});
    return { workflowId: run.workflowId, runId: run.runId };
  }

  until(isSo: () => boolean, { timeoutMs }: { timeoutMs?: number }): Promise<boolean> {
    const scope = MemoryScope.current();
    if (scope.reason !== undefined) return Promise.reject(scope.reason);
    if (isSo()) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      const wait = { isSo, met: () => end(() => resolve(true)) };
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

  onSignal(name: string, handler: Parameters<Platform['onSignal']>[1]): void {
    this.signals.set(name, handler);
    const mine = this.early.filter((signal) => signal.name === name);
    this.early = this.early.filter((signal) => signal.name !== name);
    for (const { payload } of mine) this.receive(handler, payload);
  }

  onUpdate(name: string, handler: Parameters<Platform['onUpdate']>[1]): void {
    this.updates.set(name, handler);
  }

  onQuery(name: string, handler: Parameters<Platform['onQuery']>[1]): void {
    this.queries.set(name, handler);
  }

  show(details: string): void {
    this.details = details;
  }

  showAttributes(values: Parameters<Platform['showAttributes']>[0]): void {
    for (const [name, value] of Object.entries(values)) if (value) this.attributes[name] = value;
  }

  countRun(): void {}

  measureWait(): void {}

  /** Looks whether what is waited for has come; true if something has. */
  look(): boolean {
    const met = [...this.waits].filter(({ isSo }) => isSo());
    for (const wait of met) wait.met();
    return met.length > 0;
  }

  cancel(): void {
    this.event(() => this.root.cancelFor(new CancelledFailure('Workflow cancelled')));
  }

  /** Ends it where it is: nothing of it goes on, and nothing is undone. */
  terminate(): void {
    for (const step of this.steps) step.cancel();
    this.waits.clear();
    this.close('TERMINATED', () => this.ending.reject(this.engine.failed(this, new TerminatedFailure('terminated'))));
  }

  signal(name: string, payload: unknown): void {
    this.mustBeOpen();
    const handler = this.signals.get(name);
    if (handler === undefined) this.early.push({ name, payload: carried(payload) });
    else this.event(() => this.receive(handler, carried(payload)));
  }

  async update(name: string, payload: unknown): Promise<unknown> {
    this.mustBeOpen();
    const handler = this.updates.get(name);
    if (handler === undefined) throw new WorkflowUpdateFailedError('no such update', carriedFailure(new Error(name)));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const take = async () => {
      handler.admit(carried(payload));
      return handler.take(carried(payload));
    };
    this.event(() => void this.root.run(take).then(resolve, reject));
    const answer = await promise.catch((error: unknown) => {
      if (!(error instanceof TemporalFailure)) this.fail(error);
      throw new WorkflowUpdateFailedError('Workflow Update failed', carriedFailure(error));
    });
    await this.engine.atRest();
    return carried(answer);
  }

  async query(name: string): Promise<unknown> {
    await this.engine.atRest();
    const handler = this.queries.get(name);
    if (handler === undefined) throw new Error(`${this.type} answers no query ${name}`);
    return carried(handler.answer());
  }

  private receive(handler: Parameters<Platform['onSignal']>[1], payload: unknown): void {
    this.root.run(async () => handler.receive(payload)).catch((error) => this.fail(error));
  }

  /** Does the work outside of the run and comes back with what became of it. Told, and waited for, when it is cancelled. */
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

  /** Everything that reaches the run from outside; a closed one is reached by nothing. */
  private event(happens: () => void): void {
    if (this.isOpen) this.engine.event(happens);
  }

  /** An error that is none of Temporal's would be tried again there for ever: here it ends the test. */
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
    for (const child of this.children) child.cancel();
    end();
    this.engine.stir();
  }

  private mustBeOpen(): void {
    const { workflowId, runId } = this.run;
    if (!this.isOpen) throw new WorkflowNotFoundError('workflow execution already completed', workflowId, runId);
  }
}
