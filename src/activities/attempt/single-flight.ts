import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { z } from 'zod';
import { Lease } from '../../contracts/lease.ts';

interface Flight {
  readonly abort: AbortController;
  /** Settles, without failing, when this attempt and all attempts before it have ended. */
  readonly ended: Promise<unknown>;
}

/**
 * Runs one attempt of an activity at a time in this process. When Temporal gives up on an attempt that still runs (its
 * heartbeats did not get through), the next attempt stops that attempt and begins when it has ended.
 */
export function singleFlight(): ActivityInterceptorsFactory {
  const flights = new Map<string, Flight>();
  return (context) => ({
    inbound: {
      async execute(input, next) {
        const { workflowExecution, activityId } = context.info;
        const key = [workflowExecution?.workflowId, workflowExecution?.runId, activityId].join(' ');
        const previous = flights.get(key);
        const abort = new AbortController();
        const own = abortable(context, abort.signal);
        const run = takeOff(previous, own).then(() => asyncLocalStorage.run(own, () => next(input)));
        const flight = { abort, ended: Promise.allSettled([previous?.ended, run]) };
        flights.set(key, flight);
        try {
          return await run;
        } finally {
          void flight.ended.then(() => {
            if (flights.get(key) === flight) flights.delete(key);
          });
        }
      },
    },
  });
}

/**
 * Refuses a step of a run that lost its lease: the host has already seen a newer lease. `checkToken` remembers the
 * highest token of an instance and throws `lease-lost` for a lower one.
 */
export function fenced(checkToken: (lease: Lease) => Promise<void>): ActivityInterceptorsFactory {
  return () => ({
    inbound: {
      async execute(input, next) {
        const carried = CarriesLease.safeParse(input.args[0]);
        if (carried.success && carried.data.lease !== undefined) await checkToken(Lease.parse(carried.data.lease));
        return next(input);
      },
    },
  });
}

const CarriesLease = z.looseObject({ lease: z.unknown().optional() });

async function takeOff(previous: Flight | undefined, context: Context): Promise<void> {
  if (previous === undefined) return;
  previous.abort.abort(new CancelledFailure('a later attempt of this step has begun'));
  await Promise.race([previous.ended, context.cancelled]);
}

/** The same context, but this process can cancel it too. */
function abortable(context: Context, signal: AbortSignal): Context {
  const either = AbortSignal.any([context.cancellationSignal, signal]);
  const cancelled = new Promise<never>((_, reject) => {
    either.addEventListener('abort', () => reject(either.reason), { once: true });
  });
  cancelled.catch(() => {});
  const own: Context = Object.create(context, {
    cancellationSignal: { value: either },
    cancelled: { value: cancelled },
    sleep: { value: (ms: Parameters<Context['sleep']>[0]) => Promise.race([cancelled, context.sleep(ms)]) },
  });
  return own;
}
