import { setTimeout as pause } from 'node:timers/promises';
import {
  CancelledFailure,
  type Client,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import type { ClientConfig } from '../config.ts';
import { DrydockError } from '../errors.ts';
import { explain } from '../failures.ts';
import { grpcCode, grpcErrorIn } from '../service-errors.ts';
import { explainCall } from './connection.ts';
import { RunEnded } from './exit-codes.ts';
import { type Observation, observe } from './observation.ts';

/** A run of a procedure, as whoever started it or asks about it holds it. */
export interface RunHandle<Report> {
  readonly workflowId: string;
  /** Waits for the end. Fails with a DrydockError in the procedure's own words, or RunEnded after a cancellation. */
  result(): Promise<Report>;
  /** The present view of the run. */
  observe(): Promise<Observation>;
  /** Asks the run to stop; the run first undoes its work. */
  cancel(): Promise<void>;
}

/** How long Temporal may stay silent before the wait for a result is given up. */
const outageMs = 15 * 60_000;

export function runOf<Report>(client: Client, config: ClientConfig, handle: WorkflowHandle): RunHandle<Report> {
  const { workflowId } = handle;
  const call = async <Answer>(tried: string, act: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await act();
    } catch (error) {
      throw explainCall(error, tried, config);
    }
  };
  return {
    workflowId,
    result: () => call(`wait for ${workflowId}`, () => outlastOutages(() => handle.result())) as Promise<Report>,
    observe: () => call(`look at ${workflowId}`, () => observe(client, handle)),
    cancel: () => call(`cancel ${workflowId}`, () => handle.cancel()).then(() => undefined),
  };
}

/** The run goes on while Temporal restarts, so the wait for it does too. */
async function outlastOutages<Result>(wait: () => Promise<Result>): Promise<Result> {
  let outageSince: number | undefined;
  for (;;) {
    const began = Date.now();
    try {
      return await wait();
    } catch (error) {
      if (grpcErrorIn(error)?.code !== grpcCode.unavailable) throw explainEnd(error);
      const answeredMeanwhile = Date.now() - began > outageMs;
      outageSince = answeredMeanwhile ? began : (outageSince ?? began);
      if (Date.now() - outageSince > outageMs) throw error;
      await pause(1_000);
    }
  }
}

/** The ending of a run without a result. */
export function explainEnd(error: unknown): unknown {
  if (!(error instanceof WorkflowFailedError) || error.cause === undefined) return error;
  const { cause } = error;
  const { message } = explain(cause);
  if (cause instanceof CancelledFailure) return new RunEnded('cancelled', message);
  if (cause instanceof TerminatedFailure || cause instanceof TimeoutFailure) {
    return new RunEnded('terminated', `${message}: nothing was undone; look at the instance with drydock status`);
  }
  return explainFailure(cause);
}

/** Turns a failure from Temporal back into its original error. */
export function explainFailure(cause: Error): DrydockError {
  const { code, message, details } = explain(cause);
  const { problems, next } = details;
  return new DrydockError(code, headline(message), { problems, next, cause });
}

/** The message without the problems and the advice, which also travel separately. */
function headline(message: string): string {
  return message
    .split('\n')
    .filter((line) => !line.startsWith('  - ') && !line.startsWith('  → '))
    .join('\n');
}
