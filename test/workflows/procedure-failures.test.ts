import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DrydockError, type ErrorCode, errorCodes } from '../../src/errors.ts';
import { explain, invalidInput, toFailure } from '../../src/failures.ts';

describe('errors as Temporal understands them', () => {
  test.each(Object.keys(errorCodes) as ErrorCode[])('%s keeps its code and whether a retry can help', (code) => {
    const failure = toFailure(new DrydockError(code, 'tried this, saw that'));
    expect(failure).toMatchObject({ type: code, nonRetryable: !errorCodes[code].retry });
  });

  test('problems and advice are in the sentence and in the details', () => {
    const error = new DrydockError('refused', 'plan backup of pharma', { problems: ['a', 'b'], next: 'do c' });
    const failure = toFailure(error) as ApplicationFailure;
    expect(failure.message).toBe('plan backup of pharma\n  - a\n  - b\n  → do c');
    expect(failure.details).toEqual([{ problems: ['a', 'b'], next: 'do c' }]);
  });

  test('what Temporal made passes through', () => {
    for (const failure of [new CancelledFailure('x'), ApplicationFailure.nonRetryable('y', 'refused')]) {
      expect(toFailure(failure)).toBe(failure);
    }
  });

  test.each([new Error('boom'), 'boom', { toString: () => 'boom' }])(
    '%s is internal and may be tried again',
    (error) => {
      expect(toFailure(error)).toMatchObject({ type: 'internal', message: 'boom', nonRetryable: false });
    },
  );
});

describe('a failed parse', () => {
  const Schema = z.strictObject({
    set: z.union([z.literal('latest'), z.string().regex(/^\d+$/, 'must be a set id')]),
    mode: z.enum(['on', 'off']),
    stores: z.array(z.strictObject({ name: z.string() })),
  });

  test('names every problem with its path', () => {
    const { error } = Schema.safeParse({ set: 7, mode: 'maybe', stores: [{ nam: 'a' }], more: 1 });
    expect(invalidInput(error as z.ZodError).problems.toSorted()).toEqual([
      'mode: expected one of "on"|"off"',
      'more: there is no such field',
      'set: expected "latest", or expected string, received number',
      'stores.0.nam: there is no such field',
      'stores.0.name: expected string, nothing was given',
    ]);
  });
});

describe('the sentence at the bottom of a failure', () => {
  const step = (cause: Error) =>
    new ActivityFailure('Activity task failed', 'captureStore', '1', 'MAXIMUM_ATTEMPTS_REACHED', 'x', cause);

  test('is that of the step', () => {
    expect(explain(step(ApplicationFailure.nonRetryable('dump failed', 'tool-failed')))).toMatchObject({
      code: 'tool-failed',
      message: 'dump failed',
    });
  });

  test('tells which step did not answer', () => {
    expect(explain(step(new TimeoutFailure('timeout', undefined, 'HEARTBEAT')))).toMatchObject({
      code: 'unavailable',
      message: 'captureStore: no answer within the heartbeat limit',
    });
  });

  test('tells which nested procedure it was', () => {
    const execution = { workflowId: 'backup-1', runId: 'r' };
    const cause = ApplicationFailure.nonRetryable('no room', 'no-space', { problems: [], leftBehind: ['a stone'] });
    const child = new ChildWorkflowFailure('default', execution, 'backup', 'NON_RETRYABLE_FAILURE', cause);
    expect(explain(child)).toMatchObject({
      code: 'no-space',
      message: 'backup (backup-1): no room',
      details: { leftBehind: ['a stone'] },
    });
  });

  test('a type that is none of our codes is internal', () => {
    expect(explain(ApplicationFailure.nonRetryable('x', 'toString')).code).toBe('internal');
  });
});
