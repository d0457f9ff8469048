import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { type ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { DrydockError } from '../../src/errors.ts';
import { inProcess } from '../support/in-process.ts';
import { unwind as performed } from './fixtures/masonry.ts';

const temporal = inProcess({ unwind: performed });

async function unwind(fail: string, broken: string[] = [fail]) {
  const noted: string[] = [];
  const note = async ({ what }: { what: string }) => {
    noted.push(what);
    if (broken.includes(what)) throw new DrydockError('unhealthy', `${what} did not work`);
  };
  const failure = await temporal.withWorkers({ control: { note } }, async (taskQueue) => {
    const options = { taskQueue, workflowId: randomUUID(), args: [{ fail }] };
    const handle = await temporal.env.client.workflow.start('unwind', options);
    if (fail === 'sleep') await handle.cancel();
    return handle.result().then(
      () => undefined,
      (error: unknown) => (error instanceof WorkflowFailedError ? error.cause : error),
    );
  });
  return { noted, failure: failure as ApplicationFailure | undefined };
}

test('undo runs newest first', async () => {
  const { noted, failure } = await unwind('step');
  expect(noted).toEqual(['step', 'undo third', 'undo second', 'undo first']);
  expect(failure?.message).toBe('step did not work\nundone: third, second, first');
});

test('an undo that fails is left behind with its reason, and the others still run', async () => {
  const { noted, failure } = await unwind('step', ['step', 'undo second']);
  expect(noted).toEqual(['step', 'undo third', 'undo second', 'undo first']);
  expect(failure?.type).toBe('unhealthy');
  expect(failure?.message).toBe(
    'step did not work\nundone: third, first\nleft behind: second (undo second did not work)',
  );
});

test('a cancellation unwinds to the end and stays a cancellation', async () => {
  const { noted, failure } = await unwind('sleep', []);
  expect(noted).toEqual(['undo third', 'undo second', 'undo first']);
  expect(failure).toBeInstanceOf(CancelledFailure);
});

test('nothing is undone when nothing fails', async () => {
  const { noted, failure } = await unwind('step', []);
  expect(noted).toEqual(['step']);
  expect(failure).toBeUndefined();
});
