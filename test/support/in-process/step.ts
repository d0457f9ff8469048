import type { Client } from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  type RetryState,
  type TemporalFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ActivityOptions } from '@temporalio/workflow';
import { errorInterceptor } from '../../../src/activities/attempt/error-interceptor.ts';
import type { Activities } from '../temporal.ts';
import { carried, carriedFailure } from './carried.ts';
import type { LeapingClock } from './clock.ts';

const logger = new DefaultLogger('ERROR');

/** The part of the engine that a step needs. */
export interface Site {
  readonly clock: LeapingClock;
  readonly client: Client;
  /** The activities of the worker of this queue, once there is such a worker. */
  worker(queue: string): Promise<Activities>;
  /** Keeps the clock from leaping while the work lasts. */
  attend<T>(work: () => Promise<T>): Promise<T>;
}

export interface StepOrder {
  readonly activity: string;
  readonly activityId: string;
  readonly input: unknown;
  readonly queue: string;
  readonly options: ActivityOptions;
  readonly workflowType: string;
  readonly workflowId: string;
  readonly runId: string;
}

/** One activity of a run in memory, with all its attempts. A cancellation reaches the attempt, which ends the step. */
export class MemoryStep {
  private readonly order: StepOrder;
  private readonly site: Site;
  private readonly cancellation = Promise.withResolvers<'cancelled'>();
  private readonly scheduledMs: number;
  private isCancelled = false;
  private attempt: MockActivityEnvironment | undefined;
  private heartbeat: unknown;

  constructor(order: StepOrder, site: Site) {
    this.order = order;
    this.site = site;
    this.scheduledMs = site.clock.now();
  }

  cancel(): void {
    this.isCancelled = true;
    this.cancellation.resolve('cancelled');
    this.attempt?.cancel('CANCELLED');
  }

  /** The activity's result; when the activity fails for good, an `ActivityFailure` as Temporal makes it. */
  async result(): Promise<unknown> {
    const { initialInterval = '1s', backoffCoefficient = 2, ...retry } = this.order.options.retry ?? {};
    const firstMs = msToNumber(initialInterval);
    const longestMs = retry.maximumInterval === undefined ? firstMs * 100 : msToNumber(retry.maximumInterval);
    const activities = await this.worker();
    for (let number = 1; ; number += 1) {
      try {
        return await this.site.attend(() => this.once(activities, number));
      } catch (error) {
        const failure = carriedFailure(error);
        if (this.isCancelled && failure instanceof CancelledFailure) throw this.failure('CANCEL_REQUESTED', failure);
        if (failure instanceof ApplicationFailure && failure.nonRetryable) {
          throw this.failure('NON_RETRYABLE_FAILURE', failure);
        }
        if (number >= (retry.maximumAttempts ?? Number.POSITIVE_INFINITY)) {
          throw this.failure('MAXIMUM_ATTEMPTS_REACHED', failure);
        }
        await this.passes(Math.min(longestMs, firstMs * backoffCoefficient ** (number - 1)));
      }
    }
  }

  private async worker(): Promise<Activities> {
    const { scheduleToStartTimeout: limit } = this.order.options;
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const stop = limit === undefined ? () => {} : this.site.clock.after(msToNumber(limit), () => resolve('late'));
    const found = await Promise.race([this.site.worker(this.order.queue), late, this.cancellation.promise]);
    stop();
    if (found === 'cancelled') throw this.failure('CANCEL_REQUESTED', new CancelledFailure('Activity canceled'));
    if (found !== 'late') return found;
    throw this.failure('TIMEOUT', new TimeoutFailure('no worker took it', undefined, 'SCHEDULE_TO_START'));
  }

  private async once(activities: Activities, attempt: number): Promise<unknown> {
    const { activity, activityId, input, queue, workflowType, workflowId, runId } = this.order;
    const run = activities[activity];
    if (run === undefined) throw ApplicationFailure.retryable(`no activity ${activity} on ${queue}`, 'NotFoundError');
    this.attempt = new MockActivityEnvironment(
      {
        ...{ activityId, activityType: activity, attempt, taskQueue: queue, workflowType },
        workflowExecution: { workflowId, runId },
        heartbeatTimeoutMs: 10_000,
        heartbeatDetails: this.heartbeat,
        scheduledTimestampMs: this.scheduledMs,
        currentAttemptScheduledTimestampMs: this.site.clock.now(),
      },
      { client: this.site.client, interceptors: [errorInterceptor], logger },
    );
    this.attempt.on('heartbeat', (details: unknown) => {
      this.heartbeat = carried(details);
    });
    if (this.isCancelled) this.attempt.cancel('CANCELLED');
    return carried(await this.attempt.run(run, carried(input)));
  }

  /** The pause between two attempts; a cancellation ends it at once. */
  private async passes(ms: number): Promise<void> {
    this.attempt = undefined;
    const { promise: over, resolve } = Promise.withResolvers<'over'>();
    const stop = this.site.clock.after(ms, () => resolve('over'));
    const end = await Promise.race([over, this.cancellation.promise]);
    stop();
    if (end === 'cancelled') throw this.failure('CANCEL_REQUESTED', new CancelledFailure('Activity canceled'));
  }

  private failure(state: RetryState, cause: TemporalFailure): ActivityFailure {
    const { activity, activityId } = this.order;
    return new ActivityFailure('Activity task failed', activity, activityId, state, undefined, cause);
  }
}
