import { AsyncLocalStorage } from 'node:async_hooks';
import { CancelledFailure } from '@temporalio/common';
import type { Scope } from '../../../src/workflows/running/platform.ts';

const current = new AsyncLocalStorage<MemoryScope>();

/** A part of a run in memory that is cancelled as one, as a `CancellationScope` of Temporal is. */
export class MemoryScope implements Scope {
  /** Reason of the cancellation; work that begins in the scope afterwards fails with this reason. */
  reason: CancelledFailure | undefined;
  private readonly shielded: boolean;
  private readonly listeners = new Set<(reason: CancelledFailure) => void>();

  /** The parent cancels the scope too; a shielded scope, and scopes below it, go on when the parent is cancelled. */
  constructor(parent: MemoryScope | undefined, shielded: boolean) {
    this.shielded = shielded;
    if (parent === undefined || shielded) return;
    if (parent.reason !== undefined) this.reason = parent.reason;
    else parent.listeners.add((reason) => this.cancelFor(reason));
  }

  static current(): MemoryScope {
    const scope = current.getStore();
    if (scope === undefined) throw new Error('nothing of a run is under way here');
    return scope;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return current.run(this, work);
  }

  cancel(): void {
    this.cancelFor(new CancelledFailure('Cancellation scope cancelled'));
  }

  cancelFor(reason: CancelledFailure): void {
    if (this.reason !== undefined || this.shielded) return;
    this.reason = reason;
    for (const listener of [...this.listeners]) listener(reason);
    this.listeners.clear();
  }

  /** Calls `listener` when the scope is cancelled; returns a function that removes the listener. */
  whenCancelled(listener: (reason: CancelledFailure) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
