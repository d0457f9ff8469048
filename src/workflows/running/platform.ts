import type { ActivityOptions } from '@temporalio/common';
import type { searchAttributes, WorkflowType } from '../../contracts/queues.ts';

/**
 * What carries a run: Temporal, or plain memory in a test (`test/support/in-process.ts`). Everything of Temporal that a
 * procedure needs is here and nowhere else, so a procedure also runs without a server. Both pass `test/workflows/platform.suite.ts`.
 */
export interface Platform {
  /** Which run this is. `scheduledAt` is the time of the schedule that started it; absent when it was started by hand. */
  readonly run: {
    readonly workflowId: string;
    readonly runId: string;
    readonly namespace: string;
    readonly startedAt: Date;
    readonly scheduledAt?: Date;
  };
  readonly log: Log;

  /** The time of the run: the same when its history is read again. */
  now(): Date;
  uuid(): string;

  /** One step of the world outside: tried again as `options.retry` says. Throws what Temporal throws: an `ActivityFailure`. */
  activity(name: string, input: object, options: ActivityOptions): Promise<unknown>;
  /** Runs another procedure under this one and waits for it. Cancelled with this one, and then waited for: it undoes first. */
  child(type: WorkflowType, call: ChildCall): Promise<unknown>;
  /** Starts a procedure that goes on by itself, whatever becomes of this one. Answers when it has begun. */
  later(type: WorkflowType, call: ChildCall): Promise<{ workflowId: string; runId: string }>;

  /** Waits until it is so, or the time is over; true if it is so. Looks again after every message and every step that ended. */
  until(isSo: () => boolean, wait: { readonly summary: string; readonly timeoutMs?: number }): Promise<boolean>;
  /** A part of the run that can be cancelled by itself: its steps and children, not what was begun outside of it. */
  scope(): Scope;
  /** Not cancelled with the run: for what must be ended although the run is over. */
  shielded<T>(work: () => Promise<T>): Promise<T>;

  /** A signal; what is sent is not trusted before it is parsed. Handlers are there before anything is awaited. */
  onSignal(
    name: string,
    handler: { readonly description: string; receive(payload: unknown): void | Promise<void> },
  ): void;
  /** An update: `admit` throws what the sender shall read and changes nothing; `take` answers. */
  onUpdate(
    name: string,
    handler: { readonly description: string; admit(payload: unknown): void; take(payload: unknown): unknown },
  ): void;
  onQuery(name: string, handler: { readonly description: string; answer(): unknown }): void;

  /** Markdown for the page of the run. */
  show(details: string): void;
  /** Only what differs is sent: each change is a row in the history. */
  showAttributes(values: Partial<Record<(typeof searchAttributes)[number], string | undefined>>): void;
  /** A run that ended, for the metrics; counted once, also when the history is read again. */
  countRun(procedure: WorkflowType, outcome: string, durationMs: number): void;
  measureWait(procedure: string, outcome: 'granted' | 'not granted', waitedMs: number): void;
}

export interface ChildCall {
  readonly workflowId: string;
  readonly args: readonly unknown[];
  readonly summary: string;
}

export interface Scope {
  /** Throws a `CancelledFailure`, or what the cancelled step throws, when the scope is cancelled. */
  run<T>(work: () => Promise<T>): Promise<T>;
  cancel(): void;
}

interface Log {
  info(message: string, attributes?: Record<string, unknown>): void;
  warn(message: string, attributes?: Record<string, unknown>): void;
  error(message: string, attributes?: Record<string, unknown>): void;
}
