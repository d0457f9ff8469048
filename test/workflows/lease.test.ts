import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLeases } from '../../src/activities/claims/leases.ts';
import type { InstanceState } from '../../src/contracts/lease.ts';
import type { Progress } from '../../src/contracts/progress.ts';
import { someFacts } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { lasting } from '../support/lasting-workers.ts';
import { nightScene } from '../support/nights.ts';
import { failureOf } from '../support/runs.ts';
import { settlingSteps } from '../support/settling.ts';
import { type Carrier, type RunHandle, startRealTime } from '../support/temporal.ts';
import { build, extend, hold, idle, lend, make } from './fixtures/masonry.ts';

/** Where instances have their real entities and lease activities, and procedures do nothing but hold leases. */
interface Place {
  readonly on: Carrier;
  readonly leases: ReturnType<typeof createLeases>;
  readonly taskQueue: string;
  stop(): Promise<void>;
}

async function open(on: Carrier): Promise<Place> {
  const taskQueue = `drydock-${randomUUID()}`;
  const leases = createLeases(() => on.client, taskQueue);
  const control = { ...leases, writeJournal: async () => ({ key: 'none' }) };
  const nothing = async () => {};
  const h1 = { layStone: nothing, removeStone: nothing, paint: nothing, ...settlingSteps() };
  return { on, leases, ...(await lasting(on, { control, hosts: { h1 }, taskQueue })) };
}

let memory: Place;
let server: Place;
beforeAll(async () => {
  memory = await open(inProcess({ backup: build, build, extend, hold, idle, lend, make }));
  server = await open(await startRealTime(new URL('./fixtures/claims.ts', import.meta.url)));
});
afterAll(async () => {
  await Promise.all([memory?.stop(), server?.stop()]);
  await server?.on.close();
});

type StartedRun = RunHandle & { readonly firstExecutionRunId: string };

interface Scene {
  readonly instance: string;
  readonly leases: ReturnType<typeof createLeases>;
  start(workflow: string, more?: object): Promise<StartedRun>;
  entityOf(instance: string): RunHandle;
  state(): Promise<InstanceState>;
  /** Waits, in real time, until the entity's state is as described. */
  until(what: (state: InstanceState) => boolean): Promise<InstanceState>;
}

/** An instance of its own. */
async function scene({ on, leases, taskQueue }: Place, act: (scene: Scene) => Promise<void>): Promise<void> {
  const instance = `i${randomUUID().slice(0, 8)}`;
  const { workflow: runs } = on.env.client;
  const started: RunHandle[] = [];
  const start = async (workflow: string, input: object, workflowId = `${workflow}-${randomUUID()}`) => {
    const handle = await runs.start(workflow, { taskQueue, workflowId, args: [input] });
    started.push(handle);
    return handle;
  };
  const entity = await start('instance', { facts: someFacts({ instance }) }, `instance/${instance}`);
  const state = () => entity.query<InstanceState>('state');
  try {
    await act({
      instance,
      entityOf: (other) => {
        const handle = runs.getHandle(`instance/${other}`);
        started.push(handle);
        return handle;
      },
      leases,
      state,
      start: (workflow, more = {}) => start(workflow, { instance, ...more }),
      until: async (what) => {
        await expect.poll(async () => what(await state()), { timeout: 20_000, interval: 30 }).toBe(true);
        return state();
      },
    });
  } finally {
    for (const handle of started.reverse()) await on.end(handle);
  }
}

const heldBy = (handle: RunHandle) => (state: InstanceState) => state.holder?.workflowId === handle.workflowId;
const waitingAre = (count: number) => (state: InstanceState) => state.waiting.length === count;

describe('waiting', () => {
  test('a procedure that waited long enough gives up, names the holder and leaves the queue', () =>
    scene(memory, async ({ start, until }) => {
      const first = await start('hold');
      await until(heldBy(first));
      const second = await start('hold', { waitMinutes: 10 });
      const failure = await failureOf(second);
      expect(failure.type).toBe('lease-timeout');
      expect(failure.message).toContain(`waited 10 minutes`);
      expect(failure.message).toContain(`verify (${first.workflowId}) holds it since`);
      await until(waitingAre(0));
    }));
});

describe('one procedure at a time', () => {
  test('a waiting procedure says who it waits for', () =>
    scene(memory, async ({ start, until }) => {
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

  test('a procedure nested in another works under the lease of the outer one', () =>
    scene(memory, async ({ start, until }) => {
      const outer = await start('extend');
      expect(await outer.result()).toMatchObject({ inner: { procedure: 'backup' } });
      const { waiting } = await until(({ holder }) => holder === undefined);
      expect(waiting).toEqual([]);
    }));
});

describe('a procedure that gives the lease back while it waits', () => {
  const nobody = ({ holder }: InstanceState) => holder === undefined;
  const lent = async ({ start, until }: Scene) => {
    const lender = await start('lend');
    await until(({ facts, holder }) => facts.lastSet !== undefined && holder === undefined);
    return lender;
  };

  test('lets others work, and then works under a higher token', () =>
    scene(memory, async (stage) => {
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
    scene(memory, async (stage) => {
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
    scene(memory, async (stage) => {
      const { instance, leases, until, start } = stage;
      const lender = await lent(stage);
      const { workflowId, firstExecutionRunId: runId } = lender;
      await leases.requestLease({ instance: instance as never, procedure: 'upgrade', workflowId, runId });
      await until(nobody);
      const other = await start('hold');
      await until(heldBy(other));
      await other.signal('goOn');
      expect(await other.result()).toMatchObject({ token: 3 });
    }));
});

describe('a holder that is closed', () => {
  test('is passed over while it still waits', () =>
    scene(memory, async ({ start, until }) => {
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

describe('an instance that is being made', () => {
  test('is registered with its facts and released as serving', () =>
    scene(memory, async ({ start, entityOf }) => {
      const instance = `n${randomUUID().slice(0, 8)}`;
      const made = await start('make', { facts: someFacts({ instance, status: 'provisioning' }), instance: undefined });
      await made.result();
      const entity = entityOf(instance);
      await expect.poll(async () => (await entity.query<InstanceState>('state')).facts.status).toBe('serving');
    }));

  test('cannot be made twice', () =>
    scene(memory, async ({ start, instance }) => {
      const facts = someFacts({ instance, status: 'provisioning' });
      const failure = await failureOf(await start('make', { facts, instance: undefined }));
      expect(failure.type).toBe('already-exists');
      expect(failure.message).toContain(`make instance ${instance}: this instance exists on h1, serving`);
    }));

  test('its tokens go on above those of an earlier instance of that name', () =>
    scene(memory, async ({ leases, start, entityOf }) => {
      const instance = `n${randomUUID().slice(0, 8)}`;
      const { workflowId, firstExecutionRunId: runId } = await start('idle');
      const before = Math.floor(Date.now() / 1000);
      const facts = someFacts({ instance, status: 'provisioning' });
      const answer = await leases.registerInstance({ facts, procedure: 'provision', workflowId, runId });
      expect(answer.position).toBe(0);
      const entity = entityOf(instance);
      const holder = async () => (await entity.query<InstanceState>('state')).holder;
      await expect.poll(holder).toMatchObject({ workflowId });
      expect((await holder())?.token).toBeGreaterThan(before);
    }));
});

describe.each([
  ['in memory', () => memory],
  ['on a server', () => server],
] as const)('%s', (_, on) => {
  test('the lease goes round in the order it was asked for, with a growing token', () =>
    scene(on(), async ({ start, until }) => {
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

  test('a procedure that is cancelled while it waits leaves the queue', () =>
    scene(on(), async ({ start, until, state }) => {
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
    scene(on(), async ({ start }) => {
      const failure = await failureOf(await start('hold', { instance: 'nowhere' }));
      expect(failure).toMatchObject({ type: 'not-found', message: expect.stringContaining('no instance nowhere') });
    }));

  test('a holder that is closed is noticed when somebody asks', () =>
    scene(on(), async ({ start, until }) => {
      const first = await start('hold');
      await until(heldBy(first));
      await first.terminate('killed');
      const second = await start('hold');
      await until(heldBy(second));
    }));

  test('giving back to an instance that is gone succeeds, and so does withdrawing; its claimants are closed', () =>
    scene(on(), async ({ leases }) => {
      const instance = 'nowhere' as never;
      await leases.releaseLease({ instance, token: 1 as never, facts: {} });
      await leases.withdrawRequest({ instance, workflowId: 'w', runId: randomUUID() });
      expect(await leases.describeClaimant({ workflowId: 'w', runId: randomUUID() })).toEqual({ state: 'closed' });
    }));

  test('an instance that is being made is registered once, however often its procedure asks', () =>
    scene(on(), async ({ leases, start, until, entityOf }) => {
      const holder = await start('hold');
      await until(heldBy(holder));
      const instance = `n${randomUUID().slice(0, 8)}`;
      const facts = someFacts({ instance, status: 'provisioning' });
      const { workflowId, firstExecutionRunId } = holder;
      entityOf(instance); // ends with the scene
      const request = { facts, procedure: 'provision', workflowId, runId: firstExecutionRunId };
      expect(await leases.registerInstance(request)).toMatchObject({ position: 0 });
      expect(await leases.registerInstance(request)).toMatchObject({ position: 0 });
      const other = { facts, procedure: 'provision', workflowId: 'p-1', runId: 'r-1' };
      await expect(leases.registerInstance(other)).rejects.toMatchObject({ code: 'already-exists' });
    }));
});

test('heavy jobs of a night come one after the other on their host, on a server too', () =>
  nightScene(server.on, 2, async (night) => {
    const [one, two] = night.instances;
    const drill = { procedure: 'drill', request: { minutes: 0.01 } };
    const begun = [await night.begin({ ...drill, instance: one }), await night.begin({ ...drill, instance: two })];
    for (const handle of begun) await handle.result();
    expect(night.said.map(({ what }) => what)).toEqual(['begins', 'ends', 'begins', 'ends']);
    for (const instance of night.instances) {
      const { nights } = await night.state(instance);
      expect(Object.values(nights).map(({ outcome }) => outcome)).toEqual(['done']);
    }
  }));
