import { WorkflowUpdateFailedError } from '@temporalio/client';
import { TemporalFailure } from '@temporalio/common';
import type { Platform } from '../../../src/workflows/running/platform.ts';
import { carried, carriedFailure } from './carried.ts';

type Signal = Parameters<Platform['onSignal']>[1];
type Update = Parameters<Platform['onUpdate']>[1];
type Query = Parameters<Platform['onQuery']>[1];

/** The run that receives the messages. */
interface Recipient {
  /** Does the work as an event of the run; ignores it when the run is closed. */
  event(happens: () => void): void;
  /** Does the work as a part of the run. */
  perform<T>(work: () => Promise<T>): Promise<T>;
  /** Ends the run with the error. */
  fail(error: unknown): void;
}

/** Messages to a run in memory, and their handlers. */
export class MemoryMessages {
  private readonly recipient: Recipient;
  private readonly signals = new Map<string, Signal>();
  private readonly updates = new Map<string, Update>();
  private readonly queries = new Map<string, Query>();
  /** Signals that came before their handler. */
  private early: { name: string; payload: unknown }[] = [];
  private open = 0;

  constructor(recipient: Recipient) {
    this.recipient = recipient;
  }

  get areAnswered(): boolean {
    return this.open === 0;
  }

  onSignal(name: string, handler: Signal): void {
    this.signals.set(name, handler);
    const mine = this.early.filter((signal) => signal.name === name);
    this.early = this.early.filter((signal) => signal.name !== name);
    for (const { payload } of mine) this.receive(handler, payload);
  }

  onUpdate(name: string, handler: Update): void {
    this.updates.set(name, handler);
  }

  onQuery(name: string, handler: Query): void {
    this.queries.set(name, handler);
  }

  signal(name: string, payload: unknown): void {
    const handler = this.signals.get(name);
    if (handler === undefined) this.early.push({ name, payload: carried(payload) });
    else this.recipient.event(() => this.receive(handler, carried(payload)));
  }

  async update(name: string, payload: unknown): Promise<unknown> {
    const handler = this.updates.get(name);
    if (handler === undefined) throw new WorkflowUpdateFailedError('no such update', carriedFailure(new Error(name)));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const take = async () => {
      handler.admit(carried(payload));
      return handler.take(carried(payload));
    };
    this.recipient.event(() => void this.dealWith(take).then(resolve, reject));
    return promise.then(carried, (error) => {
      if (!(error instanceof TemporalFailure)) this.recipient.fail(error);
      throw new WorkflowUpdateFailedError('Workflow Update failed', carriedFailure(error));
    });
  }

  query(name: string): unknown {
    const handler = this.queries.get(name);
    if (handler === undefined) throw new Error(`it answers no query ${name}`);
    return carried(handler.answer());
  }

  private receive(handler: Signal, payload: unknown): void {
    this.dealWith(async () => handler.receive(payload)).catch((error) => this.recipient.fail(error));
  }

  private async dealWith<T>(work: () => Promise<T>): Promise<T> {
    this.open += 1;
    try {
      return await this.recipient.perform(work);
    } finally {
      this.open -= 1;
      this.recipient.event(() => {});
    }
  }
}
