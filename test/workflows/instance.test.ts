import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { InstanceState, LeaseAnswer } from '../../src/contracts/lease.ts';
import { DrydockError } from '../../src/errors.ts';
import { idOf, instanceId, someFacts } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { pageOf } from '../support/runs.ts';
import { settlingSteps } from '../support/settling.ts';
import type { RunHandle } from '../support/temporal.ts';

const memory = inProcess({ idle: (platform) => platform.until(() => false, { summary: 'waits for nothing' }) });

const facts = someFacts({
  ...{ tier: 'premium', blueprint: 'osmose@1.0.0', colour: 'green', generation: 3 },
  ...{ mode: 'read-only', modeReason: 'audit', addresses: { app: 'http://127.0.0.1:8080' } },
});

const since = '2026-11-21T03:00:00.000Z';

interface Scene {
  readonly entity: RunHandle & { readonly firstExecutionRunId: string };
  ask(workflowId: string, more?: object): Promise<LeaseAnswer>;
  state(): Promise<InstanceState>;
  details(): Promise<string>;
  /** A claimant that can be told of its grant, but does nothing by itself. */
  claimant(): Promise<{ procedure: string; workflowId: string; runId: string }>;
}

interface Surroundings {
  describeClaimant?: (run: { workflowId: string }) => Promise<unknown>;
  liftHolds?: Parameters<typeof settlingSteps>[0];
}

/** An entity alone: claimants are what the test says they are. */
async function scene(
  input: object,
  act: (scene: Scene) => Promise<void>,
  { describeClaimant = async () => ({ state: 'open' }), liftHolds }: Surroundings = {},
): Promise<void> {
  const { client } = memory.env;
  const workflowId = `instance/${randomUUID()}`;
  const control = {
    describeClaimant,
    requestLease: async () => ({ host: 'h1', id: instanceId, position: 0 }), // only settling asks by a step, and it was granted already
    releaseLease: ({ token, facts: changed }: { token: number; facts: object }) =>
      client.workflow.getHandle(workflowId).signal('releaseLease', { token, facts: changed }),
    writeJournal: async () => ({ key: 'none' }),
  };
  await memory.withWorkers({ control, hosts: { h1: settlingSteps(liftHolds) } }, async (taskQueue) => {
    const entity = await client.workflow.start('instance', { taskQueue, workflowId, args: [input] });
    // The handle is not bound to the first run, since the entity continues as new.
    const any = client.workflow.getHandle(workflowId);
    const others: RunHandle[] = [];
    try {
      await act({
        entity,
        ask: (id, more = {}) =>
          any.executeUpdate('requestLease', { args: [{ procedure: 'backup', workflowId: id, runId: 'r', ...more }] }),
        state: () => any.query('state'),
        details: () => pageOf(any),
        claimant: async () => {
          const handle = await client.workflow.start('idle', { taskQueue, workflowId: `backup-${randomUUID()}` });
          others.push(handle);
          return { procedure: 'backup', workflowId: handle.workflowId, runId: handle.firstExecutionRunId };
        },
      });
    } finally {
      for (const handle of [any, ...others]) await memory.end(handle);
    }
  });
}

const free = { facts, lastToken: 7, waiting: [] };
const held = { ...free, holder: { procedure: 'restore', workflowId: 'restore-1', runId: 'r', since, token: 7 } };

async function becomes(state: () => Promise<InstanceState>, expected: object): Promise<void> {
  await expect.poll(state, { interval: 30 }).toMatchObject(expected);
}

describe('a request', () => {
  test('is answered at once: with the turn, or with who is before it', () =>
    scene(free, async ({ ask, claimant, state }) => {
      const first = await claimant();
      expect(await ask(first.workflowId, first)).toEqual({ host: 'h1', id: instanceId, position: 0 });
      await becomes(state, { holder: { workflowId: first.workflowId, token: 8 } });
      expect(await ask('second')).toMatchObject({ position: 1, holder: { workflowId: first.workflowId } });
      expect(await ask('third')).toMatchObject({ position: 2 });
    }));

  test('that comes with others, before any is granted, is told who goes first', () =>
    scene(free, async ({ ask, claimant }) => {
      const claims = await Promise.all([claimant(), claimant(), claimant()]);
      const answers = await Promise.all(claims.map((claim) => ask(claim.workflowId, claim)));
      const holder = { ...claims[0], since: expect.any(String) };
      expect(answers).toEqual([
        { host: 'h1', id: instanceId, position: 0 },
        { host: 'h1', id: instanceId, position: 1, holder },
        { host: 'h1', id: instanceId, position: 2, holder },
      ]);
    }));

  test('is told who holds it, and not with which token', () =>
    scene({ ...held, waiting: [{ procedure: 'backup', workflowId: 'before', runId: 'r', since }] }, async ({ ask }) => {
      const { token: _, ...holder } = held.holder;
      expect(await Promise.all([ask('restore-1'), ask('asks')])).toEqual([
        { host: 'h1', id: instanceId, position: 0 },
        { host: 'h1', id: instanceId, position: 2, holder },
      ]);
    }));

  test('that comes twice waits once, and the holder is told again', () =>
    scene(held, async ({ ask, state }) => {
      expect(await ask('second')).toMatchObject({ position: 1 });
      expect(await ask('second')).toMatchObject({ position: 1 });
      expect((await state()).waiting).toHaveLength(1);
    }));

  test('is refused when the instance is decommissioned', () =>
    scene({ ...held, facts: { ...facts, status: 'decommissioned' } }, async ({ ask }) => {
      await expect(ask('late')).rejects.toMatchObject({
        cause: { type: 'refused', message: 'ask for instance pharma: the instance is decommissioned' },
      });
    }));

  test('that means another instance, which had the name before, is refused', () =>
    scene(free, async ({ ask, state }) => {
      await expect(ask('late', { id: idOf('pharma', 1) })).rejects.toMatchObject({
        cause: { type: 'refused', message: expect.stringContaining('that instance is gone') },
      });
      expect(await ask('in-time', { id: instanceId })).toMatchObject({ id: instanceId, position: 0 });
      await becomes(state, { waiting: [] });
    }));

  test('that says something else is refused with every problem', () =>
    scene(free, async ({ entity, state }) => {
      const asking = entity.executeUpdate('requestLease', { args: [{ workflowId: 7, procedur: 'backup' }] });
      await expect(asking).rejects.toMatchObject({ cause: { type: 'invalid-input' } });
      await expect(entity.executeUpdate('requestLease')).rejects.toMatchObject({ cause: { type: 'invalid-input' } });
      expect(await state()).toMatchObject({ waiting: [] });
    }));
});

describe('a release', () => {
  test('with another token than the holder’s is ignored', () =>
    scene(held, async ({ entity, state }) => {
      await entity.signal('releaseLease', { token: 6, facts: { mode: 'open' } });
      await entity.signal('releaseLease', { token: 8 });
      expect(await state()).toMatchObject({ holder: { token: 7 }, facts: { mode: 'read-only' } });
    }));

  test('merges what was changed; a new mode drops the reason of the old one', () =>
    scene(held, async ({ entity, state }) => {
      await entity.signal('releaseLease', { token: 7, facts: { mode: 'open', generation: 4 } });
      await becomes(state, { facts: { mode: 'open', generation: 4, colour: 'green' } });
      expect((await state()).facts.modeReason).toBeUndefined();
      expect((await state()).holder).toBeUndefined();
    }));

  test('never renames the instance', () =>
    scene(held, async ({ entity, state }) => {
      await entity.signal('releaseLease', { token: 7, facts: { instance: 'other', generation: 4 } });
      await becomes(state, { facts: { instance: 'pharma', generation: 4 } });
    }));
});

describe('messages that make no sense', () => {
  test('change nothing and stop nothing', () =>
    scene(held, async ({ entity, ask, state }) => {
      const before = await state();
      for (const payload of [undefined, null, 7, 'x', [], {}, { token: '7' }, { workflowId: 3 }]) {
        await entity.signal('releaseLease', payload);
        await entity.signal('withdrawRequest', payload);
      }
      await entity.signal('releaseLease');
      await entity.signal('unheardOf', { a: 1 });
      expect(await state()).toEqual(before);
      expect(await ask('second')).toMatchObject({ position: 1 });
    }));

  test('nor does a cancellation', () =>
    scene(held, async ({ entity, ask, state }) => {
      await entity.cancel();
      expect(await ask('second')).toMatchObject({ position: 1 });
      expect(await state()).toMatchObject({ holder: { token: 7 } });
      expect((await entity.describe()).status.name).toBe('RUNNING');
    }));

  test('an input that is no instance fails the run', () =>
    scene({ facts: { instance: 'pharma' } }, async ({ entity }) => {
      await expect(entity.result()).rejects.toMatchObject({ cause: { type: 'invalid-input' } });
    }));
});

describe('a withdrawal', () => {
  test('leaves the queue, or gives back what was granted meanwhile', () =>
    scene(held, async ({ entity, ask, state }) => {
      await ask('second');
      await entity.signal('withdrawRequest', { workflowId: 'second', runId: 'r' });
      await becomes(state, { waiting: [], holder: { token: 7 } });
      await entity.signal('withdrawRequest', { workflowId: 'restore-1', runId: 'r' });
      await expect.poll(async () => (await state()).holder).toBeUndefined();
    }));
});

describe('a holder', () => {
  const closedIs = (closed: Set<string>) => async (run: { workflowId: string }) => ({
    state: closed.has(run.workflowId) ? 'closed' : 'open',
  });

  test('that is closed is noticed within half a minute when somebody waits; what it left is put right first', () => {
    const closed = new Set<string>();
    const settled: { dead: string[] }[] = [];
    return scene(
      { ...held, dead: ['restore-0'] },
      async ({ ask, claimant, state }) => {
        const next = await claimant();
        await ask(next.workflowId, next);
        closed.add('restore-1');
        await memory.env.sleep(31_000);
        await becomes(state, { holder: { workflowId: next.workflowId, token: 9 } });
        expect(settled).toMatchObject([
          { instance: 'pharma', dead: ['restore-0', 'restore-1'], lease: { instance: 'pharma', token: 8 } },
        ]);
        expect((await state()).facts).toMatchObject({ mode: 'open', generation: 3 });
        expect((await state()).facts.modeReason).toBeUndefined();
      },
      {
        describeClaimant: closedIs(closed),
        liftHolds: async (settling) => {
          settled.push(settling);
          return ['lifted the read-only hold of restore-1'];
        },
      },
    );
  });

  test('whose remains were not put right is remembered until they are', () => {
    const closed = new Set<string>(['restore-1']);
    const settled: { dead: string[] }[] = [];
    return scene(
      held,
      async ({ ask, claimant, state }) => {
        const next = await claimant();
        await ask(next.workflowId, next);
        await becomes(state, { holder: { workflowId: next.workflowId, token: 9 } });
        closed.add(next.workflowId);
        const last = await claimant();
        await ask(last.workflowId, last);
        await becomes(state, { holder: { workflowId: last.workflowId, token: 11 } });
        expect(settled.map(({ dead }) => dead)).toEqual([['restore-1'], ['restore-1', next.workflowId]]);
      },
      {
        describeClaimant: closedIs(closed),
        liftHolds: async (settling) => {
          settled.push(settling);
          if (settled.length === 1) throw new DrydockError('damaged', 'the record cannot be read');
          return [];
        },
      },
    );
  });

  test('that was still making the instance leaves nothing to put right', () => {
    const closed = new Set<string>(['restore-1']);
    return scene(
      { ...held, facts: { ...facts, status: 'provisioning' } },
      async ({ ask, claimant, state }) => {
        const next = await claimant();
        await ask(next.workflowId, next);
        await becomes(state, { holder: { workflowId: next.workflowId, token: 8 } });
      },
      { describeClaimant: closedIs(closed) },
    );
  });

  test('keeps the lease while nobody can say whether it is closed', () => {
    let away = true;
    return scene(
      held,
      async ({ ask, state }) => {
        await ask('second');
        await memory.env.sleep(10 * 60_000);
        expect(await state()).toMatchObject({ holder: { token: 7 } });
        away = false;
      },
      {
        describeClaimant: async () => {
          if (away) throw new Error('Temporal is away');
          return { state: 'open' };
        },
      },
    );
  });
});

describe('a long history', () => {
  test('is begun anew with queue, holder and token', () =>
    scene(held, async ({ entity, ask, claimant, state }) => {
      const next = await claimant();
      await ask(next.workflowId, next);
      for (let sent = 0; sent < 2_200; sent += 1) await entity.signal('releaseLease', { token: 1 });
      await expect.poll(async () => (await entity.describe()).runId).not.toBe(entity.firstExecutionRunId);
      expect(await state()).toMatchObject({ holder: { token: 7 }, waiting: [{ workflowId: next.workflowId }] });
      await entity.signal('releaseLease', { token: 7 });
      await becomes(state, { holder: { workflowId: next.workflowId, token: 8 }, waiting: [] });
    }));
});

describe('the end', () => {
  test('comes when the instance is decommissioned and nobody waits', () =>
    scene(held, async ({ entity }) => {
      await entity.signal('releaseLease', { token: 7, facts: { status: 'decommissioned' } });
      expect(await entity.result()).toBeUndefined();
    }));

  test('waits for those that still wait', () =>
    scene(held, async ({ entity, ask, claimant, state }) => {
      const next = await claimant();
      await ask(next.workflowId, next);
      await entity.signal('releaseLease', { token: 7, facts: { status: 'decommissioned' } });
      await becomes(state, { holder: { workflowId: next.workflowId } });
      await entity.signal('releaseLease', { token: 8 });
      expect(await entity.result()).toBeUndefined();
    }));
});

test('the current details are the operator’s page of the instance', () =>
  scene({ ...held, facts: { ...facts, lastSet: '20261121T030000Z-1a2b3c4d' } }, async ({ ask, details }) => {
    await ask('backup-2');
    const page = await details();
    for (const line of [
      '## pharma on h1',
      '- status: **serving**, tier premium',
      '- release: osmose@1.0.0, green, generation 3',
      '- mode: read-only (audit)',
      '- last set: 20261121T030000Z-1a2b3c4d',
      '- last verified set: none',
      '- app: http://127.0.0.1:8080',
      '- runs: **restore** (restore-1), since 2026-11-21 03:00:00 UTC',
    ]) {
      expect(page).toContain(line);
    }
    expect(page).toMatch(/- waits: backup \(backup-2\), since .* after restore \(restore-1\)/);
  }));
