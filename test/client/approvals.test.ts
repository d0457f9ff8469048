import {
  type Client,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { operationsOver } from '../../src/client/operations.ts';
import { readClientConfig } from '../../src/config.ts';
import { DrydockError } from '../../src/errors.ts';
import { toFailure } from '../../src/failures.ts';

const hash = 'a'.repeat(64);
const message = { plan: hash, by: 'alice' };
const approved = { decision: 'approved', approvals: 1, needed: 1 };

interface Waiting {
  answer?: () => Promise<unknown>;
}

function refusing(sentence: string): Waiting {
  const failure = toFailure(new DrydockError('refused', sentence));
  return { answer: () => Promise.reject(new WorkflowUpdateFailedError('failed', failure)) };
}

/** Temporal with these upgrades open, and a note of every question to it. */
function temporalWith(upgrades: Record<string, Waiting>) {
  const listed: string[] = [];
  const updates: unknown[] = [];
  const client = {
    withDeadline: (_: number, act: () => Promise<unknown>) => act(),
    workflow: {
      async *list({ query }: { query: string }) {
        listed.push(query);
        for (const workflowId of Object.keys(upgrades)) yield { workflowId };
      },
      getHandle: (workflowId: string) => ({
        executeUpdate: async (name: string, { args }: { args: unknown[] }) => {
          updates.push({ workflowId, [name]: args[0] });
          return upgrades[workflowId]?.answer?.() ?? approved;
        },
      }),
    },
  };
  const operations = operationsOver(client as unknown as Client, readClientConfig({}));
  return { operations, listed, updates };
}

describe('a decision finds the upgrade it is for', () => {
  it('by the name of the instance', async () => {
    const { operations, listed, updates } = temporalWith({ 'upgrade-1': {} });
    expect(await operations.approve('pharma', message)).toEqual(approved);
    expect(listed).toEqual(["WorkflowType='upgrade' AND DrydockInstance='pharma' AND ExecutionStatus='Running'"]);
    expect(updates).toEqual([{ workflowId: 'upgrade-1', approve: message }]);
  });

  it('among several where it is taken', async () => {
    const { operations, updates } = temporalWith({ one: refusing('another plan'), two: {} });
    const rejection = { ...message, comment: 'not this week' };
    expect(await operations.reject('pharma', rejection)).toEqual(approved);
    expect(updates).toEqual([
      { workflowId: 'one', reject: rejection },
      { workflowId: 'two', reject: rejection },
    ]);
  });

  it('and fails with what each says when none takes it', async () => {
    const { operations } = temporalWith({ one: refusing('another plan'), two: refusing('too early') });
    await expect(operations.approve('pharma', message)).rejects.toMatchObject({
      code: 'refused',
      problems: ['one: another plan', 'two: too early'],
    });
  });

  it('and fails when none runs', async () => {
    const { operations } = temporalWith({});
    await expect(operations.approve('pharma', message)).rejects.toMatchObject({
      code: 'not-found',
      message: 'approve the upgrade of pharma: no upgrade runs there',
    });
  });

  it('but not before it is well formed', async () => {
    const { operations, listed } = temporalWith({ one: {} });
    await expect(operations.approve('pharma', { plan: 'short', by: '' })).rejects.toMatchObject({
      code: 'invalid-input',
      problems: [expect.stringContaining('plan: '), expect.stringContaining('by: ')],
    });
    await expect(operations.approve("x' OR 1=1", message)).rejects.toMatchObject({ code: 'invalid-input' });
    expect(listed).toEqual([]);
  });
});

describe('a decision that is not taken', () => {
  const refused = async (error: Error) => {
    const { operations } = temporalWith({ 'upgrade-1': { answer: () => Promise.reject(error) } });
    return operations.approve('pharma', message).catch((problem: unknown) => problem);
  };

  it('says why in the words of the upgrade', async () => {
    const words = new DrydockError('not-approved', 'approve: the plan waits no longer', { next: 'plan again' });
    const error = await refused(new WorkflowUpdateFailedError('failed', toFailure(words)));
    expect(error).toBeInstanceOf(DrydockError);
    expect(error).toMatchObject({
      code: 'not-approved',
      message: 'approve: the plan waits no longer',
      next: 'plan again',
    });
  });

  it('says that the run has ended meanwhile', async () => {
    expect(await refused(new WorkflowNotFoundError('gone', 'upgrade-1', undefined))).toMatchObject({
      code: 'not-found',
      message: 'approve upgrade-1: the upgrade has ended',
    });
  });

  it('says that nobody answers', async () => {
    expect(await refused(new WorkflowUpdateRPCTimeoutOrCancelledError('deadline'))).toMatchObject({
      code: 'unavailable',
      message: 'approve upgrade-1: no control worker answers',
    });
  });
});
