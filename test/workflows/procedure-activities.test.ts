import { Context, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  checkpoint,
  errorInterceptor,
  reportProgress,
  saveCheckpoint,
} from '../../src/activities/attempt/error-interceptor.ts';
import { fenced, singleFlight } from '../../src/activities/attempt/single-flight.ts';
import { DrydockError } from '../../src/errors.ts';
import { anIdentity } from '../support/builders.ts';

function activity(interceptors: ActivityInterceptorsFactory[], info: object = {}) {
  const logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
  const env = new MockActivityEnvironment({ heartbeatTimeoutMs: 10_000, ...info }, { interceptors, logger });
  const beats: unknown[] = [];
  env.on('heartbeat', (details: unknown) => beats.push(details));
  return { env, beats };
}

const Point = z.strictObject({ part: z.int() });

describe('heartbeats', () => {
  test('carry progress and checkpoint together, so that neither loses the other', async () => {
    const { env, beats } = activity([errorInterceptor]);
    await env.run(async () => {
      reportProgress({ done: 5, total: 10 });
      saveCheckpoint({ part: 1 });
      reportProgress({ done: 10, total: 10 });
    });
    expect(beats).toEqual([
      {},
      { done: 5, total: 10, checkpoint: { part: 1 } },
      { done: 10, total: 10, checkpoint: { part: 1 } },
    ]);
  });

  test('an attempt goes on from the checkpoint of the one before, and keeps it until it has its own', async () => {
    const { env, beats } = activity([errorInterceptor], { heartbeatDetails: { done: 3, checkpoint: { part: 7 } } });
    expect(await env.run(async () => checkpoint(Point))).toEqual({ part: 7 });
    expect(beats).toContainEqual({ checkpoint: { part: 7 } });
  });

  test.each([undefined, null, 7, {}, { checkpoint: { part: 'x' } }])(
    '%j is no checkpoint',
    async (heartbeatDetails) => {
      const { env } = activity([errorInterceptor], { heartbeatDetails });
      expect(await env.run(async () => checkpoint(Point))).toBeUndefined();
    },
  );

  test('outside of an activity nobody is told', () => {
    reportProgress({ done: 1 });
    saveCheckpoint(1);
    expect(checkpoint(Point)).toBeUndefined();
  });
});

describe('what an activity throws', () => {
  test('becomes a failure with its code, and its cause stays out of the history', async () => {
    const { env } = activity([errorInterceptor]);
    const error = new DrydockError('damaged', 'read part 3: 5 bytes missing', { cause: new Error('--password x') });
    const failure = await env.run(() => Promise.reject(error)).catch((problem: unknown) => problem);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'damaged', nonRetryable: true, message: 'read part 3: 5 bytes missing' });
    expect((failure as ApplicationFailure).cause).toBeUndefined();
  });

  test('may be tried again when it is unknown', async () => {
    const { env } = activity([errorInterceptor]);
    const failure = env.run(() => Promise.reject(new TypeError('x is not a function')));
    await expect(failure).rejects.toMatchObject({ type: 'internal', nonRetryable: false });
  });

  test('is a cancellation when it was cancelled, whatever the driver made of that', async () => {
    const { env } = activity([errorInterceptor]);
    const failure = env.run(async () => {
      setImmediate(() => env.cancel());
      await new Promise((resolve) => cancellationSignal().addEventListener('abort', resolve));
      throw new DrydockError('tool-failed', 'the tool was killed');
    });
    await expect(failure).rejects.toBeInstanceOf(CancelledFailure);
  });
});

describe('a second attempt of a step that still runs here', () => {
  const twice = () => {
    const interceptor = singleFlight();
    return [activity([interceptor]).env, activity([interceptor]).env] as const;
  };

  test('stops the first, and begins when that has ended', async () => {
    const [first, second] = twice();
    const events: string[] = [];
    const started = Promise.withResolvers<void>();
    const one = first.run(async () => {
      started.resolve();
      await new Promise((resolve) => cancellationSignal().addEventListener('abort', resolve));
      events.push('first is told');
      await new Promise((resolve) => setTimeout(resolve, 50));
      events.push('first ends');
      throw cancellationSignal().reason;
    });
    await started.promise;
    const two = second.run(async () => {
      events.push('second begins');
      expect(cancellationSignal().aborted).toBe(false);
      return 'done';
    });
    await expect(one).rejects.toBeInstanceOf(CancelledFailure);
    expect(await two).toBe('done');
    expect(events).toEqual(['first is told', 'first ends', 'second begins']);
  });

  test('interrupts the sleep of the first', async () => {
    const [first, second] = twice();
    const started = Promise.withResolvers<void>();
    const one = first.run(async () => {
      started.resolve();
      await Context.current().sleep('1 hour');
    });
    const told = expect(one).rejects.toBeInstanceOf(CancelledFailure);
    await started.promise;
    expect(await second.run(async () => 'done')).toBe('done');
    await told;
  });

  test('does not begin when it is cancelled while it waits, and a third still waits for the first', async () => {
    const interceptor = singleFlight();
    const [first, second, third] = [1, 2, 3].map(() => activity([interceptor]).env);
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const events: string[] = [];
    const one = first?.run(async () => {
      started.resolve();
      await release.promise;
      events.push('first ends');
    });
    await started.promise;
    const two = second?.run(async () => void events.push('second begins'));
    const told = expect(two).rejects.toBeInstanceOf(CancelledFailure);
    const three = third?.run(async () => void events.push('third begins'));
    await told;
    release.resolve();
    await Promise.all([one, three]);
    expect(events).toEqual(['first ends', 'third begins']);
  });

  test('another step runs beside it', async () => {
    const interceptor = singleFlight();
    const first = activity([interceptor], { activityId: 'one' }).env;
    const second = activity([interceptor], { activityId: 'two' }).env;
    const release = Promise.withResolvers<void>();
    const one = first.run(() => release.promise);
    expect(await second.run(async () => 'done')).toBe('done');
    release.resolve();
    await one;
  });
});

describe('the fence', () => {
  const lease = { ...anIdentity(), host: 'h1', token: 4 };
  const refuse = async () => {
    throw new DrydockError('lease-lost', 'pharma was taken over with token 5');
  };

  test('refuses a step whose lease the host no longer takes', async () => {
    const { env } = activity([errorInterceptor, fenced(refuse)]);
    const step = env.run(async (_: object) => 'done', { lease });
    await expect(step).rejects.toMatchObject({ type: 'lease-lost', nonRetryable: true });
  });

  test.each([undefined, 7, {}, { store: 'graph' }])('lets %j pass: it carries no lease', async (input) => {
    const { env } = activity([errorInterceptor, fenced(refuse)]);
    expect(await env.run(async (_: unknown) => 'done', input)).toBe('done');
  });

  test('refuses a lease that is none', async () => {
    const { env } = activity([errorInterceptor, fenced(async () => {})]);
    const step = env.run(async (_: object) => 'done', { lease: { token: 'high' } });
    await expect(step).rejects.toMatchObject({ type: 'invalid-input' });
  });
});
