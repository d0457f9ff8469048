import type { ActivityOptions } from '@temporalio/common';
import type { searchAttributes, WorkflowType } from '../../contracts/queues.ts';

/**
 * What carries a run: Temporal, or plain memory in a test (`test/support/in-process.ts`). Procedures and entities reach
 * Temporal only through this, so they also run without a server. Both implementations pass `test/workflows/platform.suite.ts`.
 */
export interface Platform {
  /** Which run this is. `scheduledAt` is the time of the schedule that started the run; absent when started by hand. */
  readonly run: {
    readonly workflowId: string;
    readonly runId: string;
    readonly namespace: string;
    readonly startedAt: Date;
    readonly scheduledAt?: Date | undefined;
  };
  readonly log: Log;

  /** The time of the run: the same when its history is replayed. */
  now(): Date;
  uuid(): string;

  /** One step in the outside world, tried again as `options.retry` says. Throws like Temporal: an `ActivityFailure`. */
  activity(name: string, input: object, options: ActivityOptions): Promise<unknown>;
  /** Runs another procedure under this one and waits for it. A cancellation reaches the child, which undoes first. */
  child(type: WorkflowType, call: ChildCall): Promise<unknown>;
  /** Starts a procedure that outlives this one. Returns when that procedure has begun. */
  later(type: WorkflowType, call: ChildCall): Promise<{ workflowId: string; runId: string }>;
  /** Sends a signal to exactly that run; throws if the run is closed. */
  signal(run: { workflowId: string; runId: string }, name: string, payload: unknown): Promise<void>;

  /** Waits until `isSo` or the time is over; true if it is so. Looks again after every message and every ended step. */
  until(isSo: () => boolean, wait: { readonly summary: string; readonly timeoutMs?: number }): Promise<boolean>;
  /** A part of the run that can be cancelled alone: its steps and children, not what was begun outside of it. */
  scope(): Scope;
  /** Not cancelled with the run: for work that must end although the run is over. */
  shielded<T>(work: () => Promise<T>): Promise<T>;

  /** A signal; its payload is not trusted before it is parsed. Handlers are registered before anything is awaited. */
  onSignal(
    name: string,
    handler: { readonly description: string; receive(payload: unknown): void | Promise<void> },
  ): void;
  /** An update: `admit` throws what the sender will read and changes nothing; `take` answers. */
  onUpdate(
    name: string,
    handler: { readonly description: string; admit(payload: unknown): void; take(payload: unknown): unknown },
  ): void;
  onQuery(name: string, handler: { readonly description: string; answer(): unknown }): void;

  /** True when every message that came was dealt with: nobody waits for the answer to an update. */
  hasAnswered(): boolean;
  /** True when so much happened that a new run should take over. */
  isLong(): boolean;
  /** Ends this run; the next run of the same workflow begins with `input`. */
  beginAnew(input: unknown): Promise<never>;

  /** Shows Markdown on the page of the run. */
  show(details: string): void;
  /** Sends only what differs: each change is a row in the history. */
  showAttributes(values: Partial<Record<(typeof searchAttributes)[number], string | undefined>>): void;
  /** Counts a run that ended, for the metrics; once, also when the history is replayed. */
  countRun(procedure: WorkflowType, outcome: string, durationMs: number): void;
  measureWait(procedure: string, outcome: 'granted' | 'not granted', waitedMs: number): void;
}

export interface ChildCall {
  readonly workflowId: string;
  readonly args: readonly unknown[];
  readonly summary: string;
}

export interface Scope {
  /** Throws a `CancelledFailure`, or the error of the cancelled step, when the scope is cancelled. */
  run<T>(work: () => Promise<T>): Promise<T>;
  cancel(): void;
}

interface Log {
  info(message: string, attributes?: Record<string, unknown>): void;
  warn(message: string, attributes?: Record<string, unknown>): void;
  error(message: string, attributes?: Record<string, unknown>): void;
}
