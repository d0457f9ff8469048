import { randomUUID } from 'node:crypto';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLeases } from '../../src/activities/claims/leases.ts';
import type { InstanceEntity, InstanceFacts, InstanceState, LeaseAnswer } from '../../src/contracts/lease.ts';
import type { Progress } from '../../src/contracts/progress.ts';
import { settlingSteps } from '../support/settling.ts';
import { startRealTime, startTimeSkipping, type TimeSkipping } from '../support/temporal.ts';

const fixtures = new URL('./fixtures/index.ts', import.meta.url);

let temporal: TimeSkipping;
beforeAll(async () => {
  temporal = await startTimeSkipping(fixtures);
});
afterAll(() => temporal?.close());

/** Each test of the block has a server to itself. */
function ownServer(): void {
  let shared: TimeSkipping;
  beforeEach(async () => {
    shared = temporal;
    temporal = await startTimeSkipping(fixtures);
  });
  afterEach(async () => {
    await temporal.close();
    temporal = shared;
  });
}

/**
 * The tests of the block are on the real server: on a busy machine the other one now and then never runs the step that gives
 * a lease back, or answers an update with not knowing the workflow, which runs.
 */
function realServer(): void {
  let shared: TimeSkipping;
  beforeAll(async () => {
    shared = temporal;
    temporal = await startRealTime(fixtures);
  });
  afterAll(async () => {
    await temporal.close();
    temporal = shared;
  });
}

function factsOf(instance: string, more: object = {}): InstanceFacts {
  return {
    instance,
    host: 'h1',
    tier: 'standard',
    status: 'serving',
    blueprint: 'osmose@1.0.0',
    colour: 'blue',
    generation: 1,
    mode: 'open',
    addresses: { app: 'http://127.0.0.1:8080' },
    ...more,
  } as unknown as InstanceFacts;
}

interface Scene {
  readonly instance: string;
  readonly entity: WorkflowHandle;
  readonly leases: ReturnType<typeof createLeases>;
  start(workflow: string, more?: object): Promise<WorkflowHandle>;
  state(): Promise<InstanceState>;
  /** Waits, in real time, until the entity's state is as described. */
  until(what: (state: InstanceState) => boolean): Promise<InstanceState>;
}

/** An instance with its real entity and lease activities, and procedures that do nothing but hold it. */
async function scene(act: (scene: Scene) => Promise<void>, entityInput: Partial<InstanceEntity> = {}): Promise<void> {
  const instance = `i${randomUUID().slice(0, 8)}`;
  const { client } = temporal.env;
  const taskQueue = `drydock-${instance}`;
  const leases = createLeases(() => client, taskQueue);
  const control = { ...leases, writeJournal: async () => ({ key: 'none' }) };
  const h1 = {
    layStone: async () => {},
    removeStone: async () => {},
    paint: async () => {},
    ...settlingSteps(),
  };
  await temporal.withWorkers({ control, hosts: { h1 }, taskQueue }, async () => {
    const entity = await client.workflow.start('instance', {
      taskQueue,
      workflowId: `instance/${instance}`,
      args: [{ facts: factsOf(instance), lastToken: 0, waiting: [], ...entityInput }],
    });
    const state = () => entity.query<InstanceState>('state');
    const started: WorkflowHandle[] = [];
    try {
      await act({
        instance,
        entity,
        leases,
        state,
        start: async (workflow, more = {}) => {
          const args = [{ instance, ...more }];
          const options = { taskQueue, workflowId: `${workflow}-${randomUUID()}`, args };
          const handle = await client.workflow.start(workflow, options);
          started.push(handle);
          return handle;
        },
        until: async (what) => {
          await expect.poll(async () => what(await state()), { timeout: 20_000, interval: 30 }).toBe(true);
          return state();
        },
      });
    } finally {
      for (const handle of [...started, client.workflow.getHandle(`instance/${instance}`)]) {
        await temporal.end(handle);
      }
    }
  });
}

const heldBy = (handle: WorkflowHandle) => (state: InstanceState) => state.holder?.workflowId === handle.workflowId;
const waitingAre = (count: number) => (state: InstanceState) => state.waiting.length === count;

async function failureOf(handle: WorkflowHandle): Promise<ApplicationFailure> {
  const error = await handle.result().then(
    () => undefined,
    (problem: unknown) => problem,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return (error as WorkflowFailedError).cause as ApplicationFailure;
}

describe('one procedure at a time', () => {
  realServer();

  test('the lease goes round in the order it was asked for, with a growing token', () =>
    scene(async ({ start, until }) => {
      const first = await start('hold');
      await until(heldBy(first));
      const second = await start('hold');
      await until(waitingAre(1));
      const third = await start('hold');
      const { waiting } = await until(waitingAre(2));
      expect(waiting.map(({ workflowId }) => workflowId)).toEqual([second.workflowId, third.workflowId]);
      for (const handle of [first, second, third]) {
        await until(heldBy(handle));
        await handle.signal('goOn');
      }
      const tokens = await Promise.all([first, second, third].map((handle) => handle.result()));
      expect(tokens.map(({ token }) => token)).toEqual([1, 2, 3]);
    }));

  test('a waiting procedure says who it waits for', () =>
    scene(async ({ start, until }) => {
      const first = await start('hold');
      await until(heldBy(first));
      const second = await start('hold');
      await until(waitingAre(1));
      const progress = () => second.query<Progress>('progress');
      await expect.poll(async () => (await progress()).phase).toBe('waiting');
      expect((await progress()).waitingFor).toContain(`waits for verify (${first.workflowId})`);
      await first.signal('goOn');
      await second.signal('goOn');
      await second.result();
    }));

  test('a procedure that is cancelled while it waits leaves the queue', () =>
    scene(async ({ start, until, state }) => {
      const first = await start('hold');
      await until(heldBy(first));
      const second = await start('hold');
      await until(waitingAre(1));
      await second.cancel();
      await until(waitingAre(0));
      await expect(second.result()).rejects.toThrow();
      expect((await second.describe()).status.name).toBe('CANCELLED');
      expect((await state()).holder?.workflowId).toBe(first.workflowId);
    }));

  test('an instance that does not exist is named', () =>
    scene(async ({ start }) => {
      const failure = await failureOf(await start('hold', { instance: 'nowhere' }));
      expect(failure).toMatchObject({ type: 'not-found', message: expect.stringContaining('no instance nowhere') });
    }));

  test('a procedure nested in another works under the lease of the outer one', () =>
    scene(async ({ start, until }) => {
      const outer = await start('extend');
      expect(await outer.result()).toMatchObject({ inner: { procedure: 'backup' } });
      const { waiting } = await until(({ holder }) => holder === undefined);
      expect(waiting).toEqual([]);
    }));

  test('what a procedure changed is known afterwards', () =>
    scene(async ({ start, until }) => {
      await (await start('build')).result();
      const { facts } = await until(({ holder }) => holder === undefined);
      expect(facts.lastSet).toBe('20261121T030000Z-1a2b3c4d');
    }));
});

describe('a procedure that gives the lease back while it waits', () => {
  realServer();

  const nobody = ({ holder }: InstanceState) => holder === undefined;
  const lent = async ({ start, until }: Scene) => {
    const lender = await start('lend');
    await until(({ facts, holder }) => facts.lastSet !== undefined && holder === undefined);
    return lender;
  };

  test('lets others work, and then works under a higher token', () =>
    scene(async (stage) => {
      const { start, until } = stage;
      const lender = await lent(stage);
      const progress = () => lender.query<Progress>('progress');
      expect(await progress()).toMatchObject({ phase: 'waiting', waitingFor: 'waits to be told' });
      const other = await start('hold');
      await until(heldBy(other));
      await lender.signal('goOn');
      await until(waitingAre(1));
      await expect.poll(async () => (await progress()).waitingFor).toContain(`waits for verify (${other.workflowId})`);
      await other.signal('goOn');
      expect(await lender.result()).toMatchObject({ tokens: [1, 3] });
      expect((await until(nobody)).facts).toMatchObject({ generation: 2, lastSet: '20261121T030000Z-1a2b3c4d' });
    }));

  test('takes it again for its undo', () =>
    scene(async (stage) => {
      const { start, until } = stage;
      const lender = await lent(stage);
      const other = await start('hold');
      await until(heldBy(other));
      await lender.cancel();
      await until(waitingAre(1));
      expect(await lender.query<Progress>('progress')).toMatchObject({ phase: 'undoing' });
      await other.signal('goOn');
      await failureOf(lender);
      const { steps } = await lender.query<Progress>('progress');
      expect(steps).toContainEqual(expect.objectContaining({ name: 'remove stone early', state: 'undone' }));
      await until(nobody);
      const last = await start('hold');
      await last.signal('goOn');
      expect(await last.result()).toMatchObject({ token: 4 });
    }));

  test('does not keep a lease that an old request of its got meanwhile', () =>
    scene(async (stage) => {
      const { instance, leases, until, start } = stage;
      const lender = await lent(stage);
      const { workflowId, firstExecutionRunId: runId } = lender as WorkflowHandle & { firstExecutionRunId: string };
      await leases.requestLease({ instance: instance as never, procedure: 'upgrade', workflowId, runId });
      await until(nobody);
      const other = await start('hold');
      await until(heldBy(other));
      await other.signal('goOn');
      expect(await other.result()).toMatchObject({ token: 3 });
    }));
});

describe('waiting', () => {
  ownServer();

  test('a procedure that waited long enough gives up, names the holder and leaves the queue', () =>
    scene(async ({ start, until }) => {
      const first = await start('hold');
      await until(heldBy(first));
      const second = await start('hold', { waitMinutes: 10 });
      const failure = await failureOf(second);
      expect(failure.type).toBe('lease-timeout');
      expect(failure.message).toContain(`waited 10 minutes`);
      expect(failure.message).toContain(`verify (${first.workflowId}) holds it since`);
      await until(waitingAre(0));
    }));

  test('a holder that is closed loses the lease: what it left is settled, and then the one that waits has its turn', () =>
    scene(async ({ start, until }) => {
      const first = await start('hold');
      await until(heldBy(first));
      const second = await start('hold');
      await until(waitingAre(1));
      await first.terminate('killed');
      await second.signal('goOn');
      expect(await second.result()).toMatchObject({ token: 3 });
    }));
});

describe('a holder that is closed', () => {
  test('is noticed when somebody asks', () =>
    scene(async ({ start, until }) => {
      const first = await start('hold');
      await until(heldBy(first));
      await first.terminate('killed');
      const second = await start('hold');
      await until(heldBy(second));
    }));

  test('is passed over while it still waits', () =>
    scene(async ({ start, until }) => {
      const first = await start('hold');
      await until(heldBy(first));
      const second = await start('hold');
      await until(waitingAre(1));
      const third = await start('hold');
      await until(waitingAre(2));
      await second.terminate('killed');
      await first.signal('goOn');
      await until(heldBy(third));
    }));
});

describe('messages to an instance that no longer exists', () => {
  test('giving back and withdrawing succeed, and its claimants are closed', () =>
    scene(async ({ leases }) => {
      const instance = 'nowhere' as never;
      await leases.releaseLease({ instance, token: 1 as never, facts: {} });
      await leases.withdrawRequest({ instance, workflowId: 'w', runId: randomUUID() });
      expect(await leases.describeClaimant({ workflowId: 'w', runId: randomUUID() })).toEqual({ state: 'closed' });
    }));
});

describe('an instance that is being made', () => {
  const claimant = { procedure: 'provision', workflowId: 'p-1', runId: 'r-1' };

  test('is registered with its facts and released as serving', () =>
    scene(async ({ start }) => {
      const instance = `n${randomUUID().slice(0, 8)}`;
      const made = await start('make', { facts: factsOf(instance, { status: 'provisioning' }), instance: undefined });
      await made.result();
      const entity = temporal.env.client.workflow.getHandle(`instance/${instance}`);
      await expect.poll(async () => (await entity.query<InstanceState>('state')).facts.status).toBe('serving');
      await temporal.end(entity);
    }));

  test('cannot be made twice', () =>
    scene(async ({ start, instance }) => {
      const facts = factsOf(instance, { status: 'provisioning' });
      const failure = await failureOf(await start('make', { facts, instance: undefined }));
      expect(failure.type).toBe('already-exists');
      expect(failure.message).toContain(`instance ${instance} exists already: on h1, serving`);
    }));

  test('is registered once, however often its procedure asks', () =>
    scene(async ({ leases, start, until }) => {
      const holder = await start('hold');
      await until(heldBy(holder));
      const instance = `n${randomUUID().slice(0, 8)}`;
      const facts = factsOf(instance, { status: 'provisioning' });
      const { workflowId, firstExecutionRunId } = holder as WorkflowHandle & { firstExecutionRunId: string };
      const request = { facts, procedure: 'provision', workflowId, runId: firstExecutionRunId };
      expect(await leases.registerInstance(request)).toMatchObject({ position: 0 });
      expect(await leases.registerInstance(request)).toMatchObject({ position: 0 });
      const other = { facts, ...claimant };
      await expect(leases.registerInstance(other)).rejects.toMatchObject({ code: 'already-exists' });
      await temporal.end(temporal.env.client.workflow.getHandle(`instance/${instance}`));
    }));

  test('its tokens go on above those of an earlier instance of that name', () =>
    scene(async ({ leases }) => {
      const instance = `n${randomUUID().slice(0, 8)}`;
      const entity = temporal.env.client.workflow.getHandle(`instance/${instance}`);
      const before = Math.floor(Date.now() / 1000);
      const facts = factsOf(instance, { status: 'provisioning' }) as InstanceFacts;
      const answer: LeaseAnswer = await leases.registerInstance({ facts, ...claimant });
      expect(answer.position).toBe(0);
      await leases.releaseLease({ instance: facts.instance, token: (before + 1) as never, facts: {} });
      const args = (await entity.fetchHistory()).events?.[0]?.workflowExecutionStartedEventAttributes?.input;
      const payload = args?.payloads?.[0]?.data ?? new Uint8Array();
      expect(JSON.parse(Buffer.from(payload).toString()).lastToken).toBeGreaterThanOrEqual(before);
      await temporal.end(entity);
    }));
});
