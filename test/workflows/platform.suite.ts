import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkpoint, saveCheckpoint } from '../../src/activities/attempt/error-interceptor.ts';
import { DrydockError } from '../../src/errors.ts';
import { failureOf, pageOf, untilCancelled } from '../support/runs.ts';
import type { Activities, Carrier, RunHandle } from '../support/temporal.ts';
import type { Given, scripts } from './fixtures/scripts.ts';

interface Scene {
  readonly run: RunHandle & { readonly firstExecutionRunId: string };
  readonly carrier: Carrier;
  readonly notes: string[];
  readonly taskQueue: string;
}

/** Guarantees of a platform to procedures. `carrier` performs the scripts of fixtures/scripts.ts. */
export function platformSuite(carrier: () => Carrier): void {
  /** Runs a script; `work` is what its step does, `given` is what the script is told. */
  async function play<T>(
    script: keyof typeof scripts,
    { work = async () => {}, ...given }: Given & { work?: Activities[string] },
    act: (scene: Scene) => Promise<T>,
  ): Promise<T> {
    const notes: string[] = [];
    const note = async ({ what }: { what: string }) => void notes.push(what);
    const on = carrier();
    return on.withWorkers({ control: { work, note } }, async (taskQueue) => {
      const options = { taskQueue, workflowId: `script-${randomUUID()}`, args: [script, given] };
      return act({ run: await on.env.client.workflow.start('script', options), carrier: on, notes, taskQueue });
    });
  }
  const answerOf = (script: keyof typeof scripts, given: Given, work: Activities[string] = async () => 'done') =>
    play(script, { ...given, work }, ({ run }) => run.result());
  const statusOf = async (run: RunHandle) => (await run.describe()).status.name;

  describe('a step', () => {
    test('gets its input and gives its answer, both as they can be sent', async () => {
      const inputs: unknown[] = [];
      const work = async (input: unknown) => {
        inputs.push(input);
        return { at: new Date(0), none: undefined, list: [1, null], map: new Map([['a', 1]]) };
      };
      const answer = await answerOf('step', { input: { name: 'one', deep: { list: [1, 2] } } }, work);
      expect(inputs).toEqual([{ name: 'one', deep: { list: [1, 2] } }]);
      expect(answer).toStrictEqual({ at: '1970-01-01T00:00:00.000Z', list: [1, null], map: {} });
    });

    test('that answers nothing answers undefined', async () => {
      expect(await answerOf('step', {}, async () => {})).toBeUndefined();
    });

    test('knows which step of which run it is', async () => {
      const work = async () => {
        const { activityId, activityType, attempt, workflowType, workflowExecution } = activityInfo();
        return { activityId, activityType, attempt, workflowType, ...workflowExecution };
      };
      await play('step', { work }, async ({ run }) => {
        expect(await run.result()).toMatchObject({
          ...{ activityId: expect.stringMatching(/.+/), activityType: 'work', attempt: 1, workflowType: 'script' },
          ...{ workflowId: run.workflowId, runId: run.firstExecutionRunId },
        });
      });
    });

    test('that fails for good is tried once and says why', async () => {
      let tries = 0;
      const work = async () => {
        tries += 1;
        throw new DrydockError('damaged', 'read part 3: 5 bytes missing');
      };
      expect(await answerOf('failingStep', { retry: { maximumAttempts: 5, initialInterval: 1 } }, work)).toEqual({
        ...{ kind: 'ActivityFailure', cause: 'ApplicationFailure', retryState: 'NON_RETRYABLE_FAILURE' },
        ...{ code: 'damaged', message: 'read part 3: 5 bytes missing' },
      });
      expect(tries).toBe(1);
    });

    test('that may be tried again is, and goes on from where it was', async () => {
      const seen: unknown[] = [];
      const work = async () => {
        const { attempt, activityId } = activityInfo();
        seen.push([attempt, checkpoint(z.number())]);
        saveCheckpoint(attempt * 10);
        if (attempt < 3) throw new DrydockError('unavailable', 'nobody answers');
        return activityId;
      };
      const retry = { maximumAttempts: 5, initialInterval: 1 };
      expect(await answerOf('step', { retry }, work)).toMatch(/.+/);
      expect(seen).toEqual([
        [1, undefined],
        [2, 10],
        [3, 20],
      ]);
    });

    test('is not tried more often than it may be', async () => {
      let tries = 0;
      const work = async () => {
        tries += 1;
        throw new DrydockError('unavailable', `nobody answers, ${tries}`);
      };
      expect(await answerOf('failingStep', { retry: { maximumAttempts: 3, initialInterval: 1 } }, work)).toMatchObject({
        ...{ kind: 'ActivityFailure', cause: 'ApplicationFailure', retryState: 'MAXIMUM_ATTEMPTS_REACHED' },
        ...{ code: 'unavailable', message: 'nobody answers, 3' },
      });
      expect(tries).toBe(3);
    });

    test.each([
      ['1 second', 1_000],
      [50, 50],
    ])('waits %s before its second attempt', async (initialInterval, leastMs) => {
      const work = async () => {
        if (activityInfo().attempt === 1) throw new DrydockError('unavailable', 'nobody answers');
        return activityInfo().currentAttemptScheduledTimestampMs - activityInfo().scheduledTimestampMs;
      };
      const waitedMs = await answerOf('step', { retry: { maximumAttempts: 2, initialInterval } as never }, work);
      expect(waitedMs).toBeGreaterThanOrEqual(leastMs);
    });
  });

  /** Works until it is cancelled, as a step of a host does. */
  const untilTold = (begun: () => void) => () => {
    begun();
    return untilCancelled();
  };

  /** A step that is cancelled, and takes its time to end. */
  const reluctant = (begun: () => void, ended: () => void) => async () => {
    begun();
    const beat = setInterval(heartbeat, 20);
    await new Promise((resolve) => cancellationSignal().addEventListener('abort', resolve));
    await pause(100);
    clearInterval(beat);
    ended();
    return 'done all the same';
  };

  function signalled(): { seen: Promise<void>; tell: () => void } {
    const { promise: seen, resolve: tell } = Promise.withResolvers<void>();
    return { seen, tell };
  }

  describe('a cancelled run', () => {
    test('tells its step, waits for it, and is undone', async () => {
      const { seen, tell } = signalled();
      await play('undone', { name: 'one', work: untilTold(tell) }, async ({ run, notes }) => {
        await seen;
        await run.cancel();
        expect(await failureOf(run)).toMatchObject({ name: 'CancelledFailure' });
        expect(await statusOf(run)).toBe('CANCELLED');
        expect(notes).toEqual(['undo one']);
      });
    });

    test('keeps what its step answers although it was told', async () => {
      const { seen, tell } = signalled();
      let ended = 'no';
      const work = reluctant(tell, () => {
        ended = 'yes';
      });
      await play('step', { work }, async ({ run }) => {
        await seen;
        await run.cancel();
        expect(await run.result()).toBe('done all the same');
        expect(ended).toBe('yes');
        expect(await statusOf(run)).toBe('COMPLETED');
      });
    });

    test('waits for nothing more', async () => {
      await play('wait', {}, async ({ run }) => {
        await run.cancel();
        expect(await failureOf(run)).toMatchObject({ name: 'CancelledFailure' });
        expect(await statusOf(run)).toBe('CANCELLED');
      });
    });

    test('waits for nothing more, also where the wait has a limit', async () => {
      await play('wait', { timeoutMs: 3_600_000 }, async ({ run, carrier: { env } }) => {
        const began = await env.currentTimeMs();
        await run.cancel();
        expect(await failureOf(run)).toMatchObject({ name: 'CancelledFailure' });
        expect((await env.currentTimeMs()) - began).toBeLessThan(3_600_000);
      });
    });

    test('is told between two attempts of a step, and the step is not tried again', async () => {
      const { seen, tell } = signalled();
      let tries = 0;
      const work = async () => {
        tries += 1;
        tell();
        throw new DrydockError('unavailable', 'nobody answers');
      };
      const retry = { maximumAttempts: 2, initialInterval: 3_600_000 };
      await play('undone', { name: 'one', retry, work }, async ({ run, notes }) => {
        await seen;
        await pause(50); // the failed attempt is on its way
        await run.cancel();
        expect(await failureOf(run)).toMatchObject({ name: 'CancelledFailure' });
        expect(notes).toEqual(['undo one']);
        expect(tries).toBe(1);
      });
    });
  });

  describe('a cancelled scope', () => {
    test('stops its step and begins no other, and the run goes on', async () => {
      const { seen, tell } = signalled();
      await play('scopedStep', { work: untilTold(tell) }, async ({ run, notes }) => {
        await seen;
        await run.signal('stop');
        expect(await run.result()).toMatchObject({
          first: { kind: 'ActivityFailure', cause: 'CancelledFailure' },
          refused: { kind: 'CancelledFailure' },
        });
        expect(notes).toEqual(['goes on']);
      });
    });

    test('ends its wait, and the run goes on', async () => {
      await play('scopedWait', {}, async ({ run, notes }) => {
        await run.signal('stop');
        expect(await run.result()).toMatchObject({ kind: 'CancelledFailure' });
        expect(notes).toEqual(['goes on']);
      });
    });

    test('is waited for where steps run side by side and one has failed', async () => {
      const begun = signalled();
      let ended = 'no';
      const slow = reluctant(begun.tell, () => {
        ended = 'yes';
      });
      const work = async ({ name }: { name: string }) => {
        if (name === 'goes on') return slow();
        await begun.seen;
        throw new DrydockError('no-space', 'no room');
      };
      const answer = await answerOf('sideBySide', {}, work);
      expect(answer).toMatchObject({ failed: { code: 'no-space' }, ends: ['rejected', 'fulfilled'] });
      expect(ended).toBe('yes');
    });
  });

  describe('a wait', () => {
    test('ends when a signal makes it so', async () => {
      await play('wait', {}, async ({ run }) => {
        await run.signal('say', 'nothing');
        await run.signal('say', 'go');
        expect(await run.result()).toMatchObject({ isSo: true, heard: ['nothing', 'go'] });
      });
    });

    test('ends early where there is a limit too', async () => {
      await play('wait', { timeoutMs: 3_600_000 }, async ({ run }) => {
        await run.signal('say', 'go');
        const { isSo, waitedMs } = await run.result();
        expect(isSo).toBe(true);
        expect(waitedMs).toBeLessThan(3_600_000);
      });
    });

    test('ends when its time is over', async () => {
      await play('wait', { timeoutMs: 1_000 }, async ({ run }) => {
        const { isSo, waitedMs } = await run.result();
        expect(isSo).toBe(false);
        expect(waitedMs).toBeGreaterThanOrEqual(1_000);
      });
    });

    test('is none where it is so, and ends when a step that ends makes it so', async () => {
      expect(await answerOf('waitForStep', {}, async () => 'worked')).toEqual({
        ...{ atOnce: true, seen: true, answer: 'worked' },
      });
    });
  });

  describe('messages', () => {
    test('sent before anybody works are heard in their order', async () => {
      const on = carrier();
      const taskQueue = `drydock-${randomUUID()}`;
      const options = { taskQueue, workflowId: `script-${randomUUID()}`, args: ['wait', {}] };
      const run = await on.env.client.workflow.start('script', options);
      await run.signal('say', 'early');
      await run.signal('say', { deep: ['payload'] });
      await run.signal('say', 'go');
      await on.withWorkers({ control: {}, taskQueue }, async () => {
        expect(await run.result()).toMatchObject({ heard: ['early', { deep: ['payload'] }, 'go'] });
      });
    });

    test('are answered when they are queries, and change nothing', async () => {
      await play('wait', {}, async ({ run }) => {
        await run.signal('say', 'first');
        await expect.poll(() => run.query('heard')).toEqual(['first']);
        await run.signal('say', 'go');
        await run.result();
        expect(await run.query('heard')).toEqual(['first', 'go']);
      });
    });

    test('are answered when they are updates, and refused ones change nothing', async () => {
      await play('sum', {}, async ({ run }) => {
        const add = (payload: unknown) => run.executeUpdate('add', { args: [payload] });
        expect(await add(1)).toBe(1);
        expect(await run.query('seen')).toBe(1);
        await expect(add('two')).rejects.toMatchObject({
          cause: { type: 'refused', message: 'add: it is no number' },
        });
        await expect(add(13)).rejects.toMatchObject({
          cause: { type: 'unhealthy', message: 'add: it brings bad luck' },
        });
        expect(await add(2)).toBe(2);
        expect(await add(3)).toBe(3);
        expect(await run.result()).toEqual([1, 2, 3]);
      });
    });

    test('are all answered before a run ends that waits for that', async () => {
      const { promise: go, resolve } = Promise.withResolvers<string>();
      await play('slowAnswer', { work: () => go }, async ({ run }) => {
        const answer = run.executeUpdate('ask', { args: ['what'] });
        await expect.poll(() => run.query('meanwhile')).toBe(false);
        resolve('worked');
        expect(await answer).toBe('worked');
        expect(await run.result()).toEqual({ isLong: false });
      });
    });

    test('reach other runs, as long as those are open', async () => {
      await play('wait', {}, async ({ run, taskQueue, carrier: { env } }) => {
        const to = { workflowId: run.workflowId, runId: run.firstExecutionRunId };
        const tell = async (whom: object) => {
          const options = { taskQueue, workflowId: `script-${randomUUID()}`, args: ['teller', { to: whom }] };
          return env.client.workflow.execute('script', options);
        };
        expect(await tell({ ...to, runId: randomUUID() })).toBe('not told');
        expect(await run.query('heard')).toEqual([]);
        expect(await tell(to)).toBe('told');
        expect(await run.result()).toMatchObject({ heard: ['go'] });
        expect(await tell(to)).toBe('not told');
      });
    });

    test('reach no run that is closed', async () => {
      await play('step', { work: async () => 'done' }, async ({ run }) => {
        await run.result();
        await expect(run.signal('say', 'go')).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
        await expect(run.executeUpdate('add', { args: [1] })).rejects.toMatchObject({
          name: 'WorkflowNotFoundError',
        });
      });
    });
  });

  describe('a child', () => {
    test('answers its parent', async () => {
      const given = { script: 'step', given: { input: { name: 'inner' } } } as const;
      const answer = await answerOf('parent', given, async ({ name }) => ({ name, type: activityInfo().workflowType }));
      expect(answer).toEqual({ answer: { name: 'inner', type: 'backup' } });
    });

    test('that fails says which one it was, and why', async () => {
      const work = () => Promise.reject(new DrydockError('no-space', 'no room'));
      await play('failingChild', { script: 'undone', given: { name: 'inner' }, work }, async ({ run, notes }) => {
        expect(await run.result()).toEqual({
          ...{ kind: 'ChildWorkflowFailure', cause: 'ActivityFailure', retryState: 'RETRY_POLICY_NOT_SET' },
          ...{ code: 'no-space', message: `backup (${run.workflowId}/child): no room` },
        });
        expect(notes).toEqual(['undo inner']);
      });
    });

    test('is cancelled with its parent, which waits until it is undone', async () => {
      const { seen, tell } = signalled();
      const given = { script: 'undone', given: { name: 'inner' } } as const;
      await play('parent', { ...given, work: untilTold(tell) }, async ({ run, carrier: { env }, notes }) => {
        await seen;
        await run.cancel();
        expect(await failureOf(run)).toMatchObject({ name: 'CancelledFailure' });
        expect(notes).toEqual(['undo inner', 'parent was told: CancelledFailure']);
        const child = env.client.workflow.getHandle(`${run.workflowId}/child`);
        expect(await statusOf(child)).toBe('CANCELLED');
      });
    });

    test('that is terminated says so to its parent', async () => {
      await play('failingChild', { script: 'wait' }, async ({ run, carrier: { env } }) => {
        const child = env.client.workflow.getHandle(`${run.workflowId}/child`);
        await expect.poll(() => child.query('heard').catch(() => 'is not there')).toEqual([]);
        await child.terminate();
        expect(await run.result()).toMatchObject({ kind: 'ChildWorkflowFailure', cause: 'TerminatedFailure' });
        expect(await statusOf(child)).toBe('TERMINATED');
      });
    });

    test('is cancelled when its parent ends without it', async () => {
      const { seen, tell } = signalled();
      const given = { script: 'undone', given: { name: 'inner' } } as const;
      await play('carelessParent', { ...given, work: untilTold(tell) }, async ({ run, carrier: { env }, notes }) => {
        await seen;
        await run.signal('end');
        expect(await run.result()).toBe('over');
        const child = env.client.workflow.getHandle(`${run.workflowId}/child`);
        expect(await failureOf(child)).toMatchObject({ name: 'CancelledFailure' });
        expect(notes).toEqual(['undo inner']);
      });
    });
  });

  describe('a run that is begun for later', () => {
    test('goes on when the one that began it has ended', async () => {
      const { promise: go, resolve } = Promise.withResolvers<string>();
      await play('starter', { work: () => go }, async ({ run, carrier: { env } }) => {
        const begun = await run.result();
        expect(begun).toEqual({
          workflowId: `${run.workflowId}/later`,
          runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        });
        resolve('worked');
        expect(await env.client.workflow.getHandle(begun.workflowId, begun.runId).result()).toBe('worked');
      });
    });

    test('goes on when the one that began it is cancelled', async () => {
      const { promise: go, resolve } = Promise.withResolvers<string>();
      const { seen, tell } = signalled();
      const work = () => {
        tell();
        return go;
      };
      await play('starter', { timeoutMs: 3_600_000, work }, async ({ run, carrier: { env } }) => {
        await seen;
        await run.cancel();
        expect(await failureOf(run)).toMatchObject({ name: 'CancelledFailure' });
        resolve('worked');
        expect(await env.client.workflow.getHandle(`${run.workflowId}/later`).result()).toBe('worked');
      });
    });
  });

  describe('an entity', () => {
    const listening = async (act: (run: Scene['run'], env: Carrier['env']) => Promise<void>, input?: object) => {
      const { env, withWorkers } = carrier();
      await withWorkers({ control: {} }, async (taskQueue) => {
        const options = { taskQueue, workflowId: `listener-${randomUUID()}`, args: [input ?? { run: 1, heard: [] }] };
        await act(await env.client.workflow.start('listener', options), env);
      });
    };

    test('begins anew with what it hands over, and hears what is said to it', () =>
      listening(async (run, env) => {
        const now = env.client.workflow.getHandle(run.workflowId);
        const heard = () => now.query('heard').catch(() => 'is not there');
        for (const word of ['one', 'two']) await run.signal('say', word);
        await expect.poll(heard).toEqual({ run: 2, words: ['one', 'two'] });
        expect((await now.describe()).runId).not.toBe(run.firstExecutionRunId);
        const first = env.client.workflow.getHandle(run.workflowId, run.firstExecutionRunId);
        expect(await statusOf(first)).toBe('CONTINUED_AS_NEW');
        await run.signal('say', 'end');
        expect(await run.result()).toBeUndefined();
        expect(await heard()).toEqual({ run: 2, words: ['one', 'two', 'end'] });
      }));

    test('ignores a cancellation, and what it cannot read', () =>
      listening(async (run) => {
        await run.cancel();
        await run.signal('say', { no: 'word' });
        await run.signal('say', 'one');
        await expect.poll(() => run.query('heard')).toEqual({ run: 1, words: ['one'] });
        expect(await statusOf(run)).toBe('RUNNING');
        await run.signal('say', 'end');
        expect(await run.result()).toBeUndefined();
      }));

    test('that gets an input of another kind fails', () =>
      listening(
        async (run) => {
          expect(await failureOf(run)).toMatchObject({ type: 'invalid-input' });
          expect(await statusOf(run)).toBe('FAILED');
        },
        { run: 'first' },
      ));
  });

  test('a run that is open is listed, and one that is closed has a time at which it was', async () => {
    await play('wait', {}, async ({ run, carrier: { client } }) => {
      const query = "WorkflowType='script' AND ExecutionStatus='Running'";
      const listed = async () => {
        const ids: string[] = [];
        for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
        return ids;
      };
      await expect.poll(listed, { timeout: 10_000 }).toContain(run.workflowId);
      const { workflow } = client;
      expect((await workflow.getHandle(run.workflowId).describe()).closeTime).toBeUndefined();
      await run.terminate();
      expect((await workflow.getHandle(run.workflowId).describe()).closeTime).toBeInstanceOf(Date);
    });
  });

  test('a run knows who it is and when', async () => {
    await play('identity', {}, async ({ run }) => {
      const { ids, startedAt, at, after, ...identity } = await run.result();
      expect(identity).toEqual({ workflowId: run.workflowId, runId: run.firstExecutionRunId });
      const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(ids).toEqual([uuid, uuid]);
      expect(ids[0]).not.toBe(ids[1]);
      expect([startedAt, at, after].toSorted()).toEqual([startedAt, at, after]);
    });
  });

  test('a run shows what it is about', async () => {
    await play('shown', {}, async ({ run }) => {
      const about = async () => (await run.describe()).searchAttributes['DrydockInstance'];
      await expect.poll(about).toEqual(['pharma']);
      expect(await run.describe()).not.toHaveProperty('searchAttributes.DrydockSet');
      expect(await pageOf(run)).toBe('## a page');
      await run.signal('end');
      expect(await run.result()).toBe('over');
    });
  });
}
