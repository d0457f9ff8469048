import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import { z } from 'zod';
import type { StepHeartbeat } from '../../contracts/progress.ts';
import { DrydockError } from '../../errors.ts';
import { toFailure } from '../../failures.ts';

/** Shape of every heartbeat: the progress that operators see, and the checkpoint that the next attempt goes on from. */
const Heartbeat = z.looseObject({ checkpoint: z.unknown().optional() });

interface Beating {
  readonly previous: unknown;
  progress: StepHeartbeat;
  checkpoint: { checkpoint?: unknown };
  readonly beat: () => void;
}

const beating = new AsyncLocalStorage<Beating>();

/** How often an activity heartbeats; the server hears it after eight tenths of the heartbeat timeout at the latest. */
const heartbeatMs = 2_000;

/** Progress of a long step; goes out with the next heartbeat. Does nothing outside of an activity. */
export function reportProgress(progress: StepHeartbeat): void {
  const state = beating.getStore();
  if (state !== undefined) state.progress = progress;
}

/** Where the previous attempt of this activity stopped; undefined if it said nothing, or something of another shape. */
export function checkpoint<T>(schema: z.ZodType<T>): T | undefined {
  const parsed = schema.safeParse(beating.getStore()?.previous);
  return parsed.success ? parsed.data : undefined;
}

/** Heartbeats the checkpoint at once, so that little work is lost if the process dies. */
export function saveCheckpoint(value: unknown): void {
  const state = beating.getStore();
  if (state === undefined) return;
  state.checkpoint = { checkpoint: value };
  state.beat();
}

/**
 * Wraps every activity: turns a thrown error into one that Temporal understands, and heartbeats while the activity
 * runs, so that a dead worker is noticed and a cancellation arrives. The worker logs the failure itself; only the
 * cause, which stays out of the history, is logged here.
 */
export function errorInterceptor(context: Context): ActivityInterceptors {
  return {
    inbound: {
      async execute(input, next) {
        const heartbeat = Heartbeat.safeParse(context.info.heartbeatDetails);
        const previous = heartbeat.success ? heartbeat.data.checkpoint : undefined;
        const state: Beating = {
          previous,
          // Kept from the first beat on: an attempt that dies early must not lose the checkpoint of an earlier attempt.
          checkpoint: { checkpoint: previous },
          progress: {},
          beat: () => {
            if (context.info.heartbeatTimeoutMs === undefined) return;
            context.heartbeat({ ...state.progress, ...state.checkpoint });
          },
        };
        state.beat();
        const timer = setInterval(state.beat, heartbeatMs);
        try {
          return await beating.run(state, () => next(input));
        } catch (error) {
          throw asFailure(error, context);
        } finally {
          clearInterval(timer);
          // A failed attempt leaves its last progress and checkpoint to the next attempt.
          state.beat();
        }
      },
    },
  };
}

/** A cancelled activity ends as cancelled, whatever error a driver throws when it is aborted. */
function asFailure(error: unknown, context: Context): Error {
  if (context.cancellationSignal.aborted && !(error instanceof CancelledFailure)) {
    return new CancelledFailure(error instanceof Error ? error.message : String(error));
  }
  if (error instanceof DrydockError && error.cause !== undefined) {
    context.log.warn(error.message, { code: error.code, cause: error.cause });
  }
  return toFailure(error);
}
