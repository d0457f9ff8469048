import { randomUUID } from 'node:crypto';
import { activityInfo, Context, getClient } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { type ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { Progress } from '../../src/contracts/progress.ts';
import { DrydockError } from '../../src/errors.ts';
import { someFacts } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { leaseBook, procedureChecks, type World } from '../support/procedure-checks.ts';
import { pageOf } from '../support/runs.ts';
import type { Activities } from '../support/temporal.ts';
import { build, extend, make, parallel } from './fixtures/masonry.ts';

const temporal = inProcess({ build, backup: build, extend, make, parallel });

const facts = someFacts({ status: 'provisioning' });

function masonry(overrides: Activities = {}): World & { stones: Set<string>; calls: string[] } {
  const stones = new Set<string>();
  const calls: string[] = [];
  const h1: Activities = {
    layStone: async ({ store, lease }) => {
      calls.push(`lay ${store} under ${lease.instance}/${lease.token}`);
      stones.add(store);
    },
    removeStone: async ({ store }) => {
      calls.push(`remove ${store}`);
      stones.delete(store);
    },
    paint: async () => void stones.add('paint'),
    ...overrides,
  };
  return { control: {}, hosts: { h1 }, stones, calls, snapshot: () => [...stones].sort() };
}

interface Options {
  world?: World;
  control?: Activities;
}

async function run(workflow: string, input: unknown, options: Options = {}) {
  const { world = masonry() } = options;
  const leases = leaseBook();
  const control = { ...leases.activities, ...options.control };
  const workflowId = `${workflow}-${randomUUID()}`;
  return temporal.withWorkers({ control, hosts: world.hosts }, async (taskQueue) => {
    const args = input === undefined ? [] : [input];
    const handle = await temporal.env.client.workflow.start(workflow, { taskQueue, workflowId, args });
    const ending = await handle.result().then(
      (result) => ({ result, failure: undefined }),
      (error: unknown) => ({ result: undefined, failure: causeOf(error) }),
    );
    const progress = await handle.query<Progress>('progress');
    const description = await handle.describe();
    return { ...ending, leases, progress, details: await pageOf(handle), description };
  });
}

function causeOf(error: unknown): ApplicationFailure {
  if (error instanceof WorkflowFailedError) return error.cause as ApplicationFailure;
  throw error;
}

describe('the checks for every procedure', () => {
  const common = { temporal, world: () => masonry() };
  describe('build', () =>
    procedureChecks({ ...common, workflow: 'build', input: { instance: 'pharma' }, pointOfNoReturn: 'layStone' }));
  describe('make', () => procedureChecks({ ...common, workflow: 'make', input: { facts } }));
});

describe('input', () => {
  test.each([
    ['nothing at all', undefined, ['the input: expected object, nothing was given']],
    ['no instance', {}, ['instance: expected string, nothing was given']],
    ['a mistyped field', { instance: 'pharma', waitMinute: 3 }, ['waitMinute: there is no such field']],
    [
      'several wrong types',
      { instance: 7, stones: ['one', 2] },
      ['instance: expected string, received number', 'stones.1: expected string, received number'],
    ],
  ])('%s fails the run with every problem in words', async (_, input, problems) => {
    const { failure, leases, progress } = await run('build', input);
    expect(failure).toMatchObject({ type: 'invalid-input', nonRetryable: true });
    expect(failure?.message).toBe(['the input is not a valid request', ...problems].join('\n  - '));
    expect(leases.journal).toEqual([]);
    expect(progress.phase).toBe('failed');
  });
});

describe('a procedure that succeeds', () => {
  test('reports its steps, shows them, and gives the lease back with what it changed', async () => {
    const world = masonry();
    const { result, leases, progress, details, description } = await run('build', { instance: 'pharma' }, { world });
    expect(result).toMatchObject({ procedure: 'backup', instance: 'pharma' });
    expect((result as { steps: object[] }).steps).toMatchObject([
      { name: 'lay stone one', state: 'done' },
      { name: 'lay stone two', state: 'done' },
      { name: 'lay stone three', state: 'done' },
      { name: 'paint', state: 'done' },
    ]);
    expect(world.calls[0]).toBe('lay one under pharma/1');
    expect(leases.released).toEqual([{ lastSet: '20261121T030000Z-1a2b3c4d' }]);
    expect(progress).toMatchObject({ procedure: 'backup', instance: 'pharma', phase: 'done' });
    expect(details).toContain('## backup of pharma');
    expect(details).toContain('- done: lay stone one');
    expect(details).toContain('- stones: one, two, three');
    expect(description.searchAttributes).toMatchObject({
      DrydockInstance: ['pharma'],
      DrydockHost: ['h1'],
      DrydockPhase: ['done'],
      DrydockSet: ['20261121T030000Z-1a2b3c4d'],
    });
  });

  test('leaves a journal entry with request, plan, result and steps', async () => {
    const { leases } = await run('build', { instance: 'pharma', stones: ['only'] });
    expect(leases.journal).toMatchObject([
      {
        format: 'drydock-journal/1',
        procedure: 'backup',
        instance: 'pharma',
        outcome: 'done',
        request: { instance: 'pharma', stones: ['only'], waitMinutes: 60 },
        plan: { stones: ['only'] },
        result: { instance: 'pharma' },
        leftBehind: [],
      },
    ]);
  });

  test('is still a success when the journal cannot be written, and says so', async () => {
    const control = { writeJournal: () => Promise.reject(new DrydockError('refused', 'the bucket is read-only')) };
    const { result } = await run('build', { instance: 'pharma' }, { control });
    expect((result as { steps: object[] }).steps).toContainEqual(
      expect.objectContaining({ name: 'write journal', state: 'failed', error: 'the bucket is read-only' }),
    );
  });

  test('a nested one works under the lease it was given and releases nothing', async () => {
    const world = masonry();
    const { result, leases } = await run('extend', { instance: 'pharma' }, { world });
    expect(result).toMatchObject({ steps: [{ name: 'build first', state: 'done' }] });
    expect(world.calls.filter((call) => call.startsWith('lay')).every((call) => call.endsWith('pharma/1'))).toBe(true);
    expect(leases.released).toHaveLength(1);
    expect(leases.journal.map(({ procedure }) => procedure)).toEqual(['backup', 'restore']);
  });
});

describe('a procedure that fails', () => {
  const brokenTwo = {
    layStone: async ({ store }: { store: string }) => {
      if (store === 'two') throw new DrydockError('no-space', 'lay stone two: 3 bytes left', { next: 'make room' });
    },
  };

  test('keeps the code and the sentence of the step, and names what was undone', async () => {
    const { failure, leases, progress } = await run('build', { instance: 'pharma' }, { world: masonry(brokenTwo) });
    expect(failure).toMatchObject({ type: 'no-space', nonRetryable: true });
    expect(failure?.message).toBe(
      'lay stone two: 3 bytes left\n  → make room\nundone: remove stone two, remove stone one',
    );
    expect(failure?.details).toMatchObject([
      { next: 'make room', undone: ['remove stone two', 'remove stone one'], leftBehind: [] },
    ]);
    expect(leases.journal).toMatchObject([{ outcome: 'undone', leftBehind: [] }]);
    expect(leases.released).toEqual([{}]);
    expect(progress.steps.map(({ name, state }) => `${state}: ${name}`)).toEqual([
      'done: lay stone one',
      'failed: lay stone two',
      'undone: remove stone two',
      'undone: remove stone one',
    ]);
  });

  test('names what was left behind when an undo fails too, and still tries the others', async () => {
    const removeStone = async ({ store }: { store: string }) => {
      if (store === 'two') throw new DrydockError('not-ours', 'stone two carries another label');
    };
    const { failure, leases } = await run(
      'build',
      { instance: 'pharma' },
      { world: masonry({ ...brokenTwo, removeStone }) },
    );
    expect(failure?.type).toBe('no-space');
    expect(failure?.message).toContain('undone: remove stone one');
    expect(failure?.message).toContain('left behind: remove stone two (stone two carries another label)');
    expect(leases.journal).toMatchObject([
      { outcome: 'failed', leftBehind: ['remove stone two (stone two carries another label)'] },
    ]);
    expect(leases.holders()).toEqual([]);
  });

  test('tells of a journal that could not be written without hiding the failure', async () => {
    const control = { writeJournal: () => Promise.reject(new DrydockError('refused', 'the bucket is read-only')) };
    const { failure } = await run('build', { instance: 'pharma' }, { world: masonry(brokenTwo), control });
    expect(failure?.type).toBe('no-space');
    expect(failure?.message).toContain('the journal entry was not written: the bucket is read-only');
  });

  test('undoes nothing after the point of no return', async () => {
    const world = masonry({ paint: () => Promise.reject(new DrydockError('unhealthy', 'the paint does not dry')) });
    const { failure, leases } = await run('build', { instance: 'pharma' }, { world });
    expect(failure?.message).toBe('the paint does not dry');
    expect(world.snapshot()).toEqual(['one', 'three', 'two']);
    expect(leases.journal).toMatchObject([{ outcome: 'failed' }]);
  });

  test('waits for the steps beside the failed one before it undoes them', async () => {
    const world = masonry({
      layStone: async ({ store }) => {
        if (store === 'broken') throw new DrydockError('no-space', 'no room');
        await new Promise((resolve) => setTimeout(resolve, 300));
        world.stones.add(store);
      },
    });
    const { failure } = await run('parallel', { instance: 'pharma' }, { world });
    expect(failure?.type).toBe('no-space');
    expect(world.snapshot()).toEqual([]);
  });
});

describe('an instance that is being made', () => {
  test('is forgotten when everything about it was undone', async () => {
    const world = masonry({ layStone: () => Promise.reject(new DrydockError('no-space', 'no room')) });
    const { leases } = await run('make', { facts }, { world });
    expect(leases.released).toEqual([{ status: 'decommissioned' }]);
  });

  test('stays known when something of it was left behind', async () => {
    const world = masonry({
      layStone: () => Promise.reject(new DrydockError('no-space', 'no room')),
      removeStone: () => Promise.reject(new DrydockError('not-ours', 'not our stone')),
    });
    const { leases, failure } = await run('make', { facts }, { world });
    expect(leases.released).toEqual([{}]);
    expect(failure?.message).toContain('forget instance pharma (instance pharma stays known');
  });
});

describe('a procedure that is cancelled', () => {
  test('closes as cancelled, undone, with a journal entry', async () => {
    const world = masonry({
      layStone: async ({ store }) => {
        world.stones.add(store);
        if (store !== 'two') return;
        await getClient()
          .workflow.getHandle(activityInfo().workflowExecution?.workflowId ?? '')
          .cancel();
        await Context.current().cancelled;
      },
    });
    const { failure, leases, description } = await run('build', { instance: 'pharma' }, { world });
    expect(failure).toBeInstanceOf(CancelledFailure);
    expect(description.status.name).toBe('CANCELLED');
    expect(world.snapshot()).toEqual([]);
    expect(leases.journal).toMatchObject([{ outcome: 'cancelled', leftBehind: [] }]);
    expect(leases.holders()).toEqual([]);
  });
});
