import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import type { ApprovalAnswer } from '../../src/contracts/approval.ts';
import type { Progress } from '../../src/contracts/progress.ts';
import type { UpgradeReport } from '../../src/contracts/upgrade.ts';
import { DrydockError } from '../../src/errors.ts';
import { inProcess } from '../support/in-process.ts';
import { type LeaseBook, leaseBook } from '../support/procedure-checks.ts';
import { createReleaseWorld, planHash, type ReleaseWorld } from '../support/release-world.ts';
import { failureOf, pageOf, untilCancelled } from '../support/runs.ts';
import type { Activities, RunHandle } from '../support/temporal.ts';
import { backup } from './fixtures/upgrades.ts';

const temporal = inProcess({ backup: (_, request) => backup(request as { instance: string }) });

interface Scene {
  readonly world: ReleaseWorld;
  readonly upgrade: RunHandle;
  readonly leases: LeaseBook;
  progress(): Promise<Progress>;
  details(): Promise<string>;
  /** Waits, in real time, until the upgrade waits for people. */
  untilItWaits(): Promise<void>;
  approve(by: string, more?: object): Promise<ApprovalAnswer>;
  reject(by: string, more?: object): Promise<ApprovalAnswer>;
}

const request = { instance: 'pharma', to: 'stack@2.0.0' };

/** One upgrade with its workers; it ends with the scene. */
async function scene(
  { world = createReleaseWorld(), input = {}, leases = leaseBook() }: SceneChoices,
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  const control = { ...world.control, ...leases.activities };
  await temporal.withWorkers({ control, hosts: world.hosts }, async (taskQueue) => {
    const options = { taskQueue, workflowId: `upgrade-${randomUUID()}`, args: [{ ...request, ...input }] };
    const upgrade = await temporal.env.client.workflow.start('upgrade', options);
    try {
      await act(stage(upgrade, world, leases));
    } finally {
      await temporal.end(upgrade);
    }
  });
}

interface SceneChoices {
  world?: ReleaseWorld;
  input?: object;
  leases?: LeaseBook;
}

function stage(upgrade: RunHandle, world: ReleaseWorld, leases: LeaseBook): Scene {
  const progress = () => upgrade.query<Progress>('progress');
  const say =
    (decision: string) =>
    (by: string, more: object = {}) =>
      upgrade.executeUpdate(decision, { args: [{ plan: planHash, by, ...more }] });
  return {
    world,
    upgrade,
    leases,
    progress,
    details: () => pageOf(upgrade),
    untilItWaits: async () => {
      await expect
        .poll(async () => (await progress()).waitingFor, { timeout: 20_000, interval: 30 })
        .toMatch(/^waits for .*approvals? of plan/);
    },
    approve: say('approve'),
    reject: say('reject'),
  };
}

/** What the sender of an update reads. */
const refused = (sentence: string) => ({ cause: { type: 'refused', message: expect.stringContaining(sentence) } });

/** A step that waits until the test lets it go on. */
function held(steps: Activities, step: string): { begun: Promise<void>; goOn(): void } {
  const run = steps[step];
  const { promise: begun, resolve: begins } = Promise.withResolvers<void>();
  const { promise: released, resolve: goOn } = Promise.withResolvers<void>();
  steps[step] = async (given) => {
    begins();
    await released;
    return run?.(given);
  };
  return { begun, goOn };
}

describe('an approval', () => {
  test('by update is answered, and is in the report', () =>
    scene({}, async ({ upgrade, untilItWaits, approve, progress, leases, world }) => {
      await untilItWaits();
      expect(await progress()).toMatchObject({ phase: 'waiting', plan: planHash });
      expect((await progress()).waitingFor).toMatch(/^waits for approval of plan cdcdcdcdcdcd…, until .* UTC$/);
      expect(leases.holders()).toEqual([]);
      expect(world.state.releases.green).toEqual({ running: true, writers: false });
      expect(await approve('alice', { comment: 'CHG-1042' })).toEqual({
        decision: 'approved',
        approvals: 1,
        needed: 1,
      });
      const report = (await upgrade.result()) as UpgradeReport;
      expect(report.decisions).toMatchObject([
        { decision: 'approved', plan: planHash, by: 'alice', comment: 'CHG-1042', through: 'update' },
      ]);
      expect(report.notifications.map(({ event }) => event)[0]).toBe('upgrade-waits-for-approval');
    }));

  test('by signal counts too', () =>
    scene({}, async ({ upgrade, untilItWaits }) => {
      await untilItWaits();
      await upgrade.signal('approve', { plan: planHash, by: 'release-service' });
      const report = (await upgrade.result()) as UpgradeReport;
      expect(report.decisions).toMatchObject([{ by: 'release-service', through: 'signal' }]);
    }));

  test('that comes while the lease is given back counts at once', () => {
    const leases = leaseBook();
    const giving = held(leases.activities, 'releaseLease');
    return scene({ leases }, async ({ upgrade, approve }) => {
      await giving.begun;
      expect(await approve('alice')).toMatchObject({ decision: 'approved', approvals: 1 });
      giving.goOn();
      const { decisions, steps } = (await upgrade.result()) as UpgradeReport;
      const begun = steps.find(({ name }) => name === 'check unchanged');
      // Not when the approval would have expired, a day later.
      expect(Date.parse(begun?.startedAt ?? '') - Date.parse(decisions[0]?.at ?? '')).toBeLessThan(60_000);
    });
  });

  test('that cannot be read is refused with every problem', () =>
    scene({}, async ({ untilItWaits, upgrade }) => {
      await untilItWaits();
      for (const payload of [undefined, {}, { plan: 'short', by: '' }, 'yes']) {
        await expect(upgrade.executeUpdate('approve', { args: [payload] })).rejects.toMatchObject({
          cause: { type: 'invalid-input' },
        });
      }
      await upgrade.signal('approve');
      await upgrade.signal('reject', { plan: planHash });
      await untilItWaits();
    }));

  test('before there is a plan is refused as an update, and kept as a signal', () => {
    const world = createReleaseWorld();
    const planning = held(world.h1, 'planUpgrade');
    return scene({ world }, async ({ upgrade, approve, details }) => {
      await planning.begun;
      await expect(approve('alice')).rejects.toMatchObject(refused('the plan is not made yet'));
      await upgrade.signal('approve', { plan: 'ab'.repeat(32), by: 'carol' });
      await upgrade.signal('approve', { plan: planHash, by: 'bob' });
      planning.goOn();
      const report = (await upgrade.result()) as UpgradeReport;
      expect(report.decisions).toMatchObject([{ by: 'bob', through: 'signal' }]);
      expect(await details()).toContain(`ignored a signal: approve plan ${'ab'.repeat(32)} as carol`);
    });
  });

  test('given with the request needs nobody else', () =>
    scene({ input: { approvedPlan: planHash } }, async ({ upgrade, world }) => {
      const report = (await upgrade.result()) as UpgradeReport;
      expect(report.decisions).toMatchObject([{ by: 'request', through: 'request' }]);
      expect(world.told.map(({ event }) => event)).not.toContain('upgrade-waits-for-approval');
    }));

  test('given with the request for another plan ends the run before anything has begun', () =>
    scene({ input: { approvedPlan: 'ab'.repeat(32) } }, async ({ upgrade, world }) => {
      const failure = await failureOf(upgrade);
      expect(failure).toMatchObject({ type: 'not-approved' });
      expect(failure.message).toContain(`by now the plan is ${planHash}`);
      expect(world.state.releases.green).toBeUndefined();
    }));
});

describe('two approvals', () => {
  const world = () => createReleaseWorld({ plan: { approvals: 2 } });

  test('must be of different people', () =>
    scene({ world: world() }, async ({ upgrade, untilItWaits, approve, progress }) => {
      await untilItWaits();
      expect(await approve('alice')).toMatchObject({ approvals: 1, needed: 2 });
      expect((await progress()).waitingFor).toContain('waits for 1 of 2 approvals of plan');
      await expect(approve(' Alice')).rejects.toMatchObject(refused('Alice has approved it already'));
      expect(await approve('bob')).toMatchObject({ approvals: 2, needed: 2 });
      expect(((await upgrade.result()) as UpgradeReport).decisions).toHaveLength(2);
    }));

  test('may be one of the request and one of somebody else', () =>
    scene(
      { world: world(), input: { approvedPlan: planHash, approvedBy: 'alice' } },
      async ({ upgrade, untilItWaits, approve }) => {
        await untilItWaits();
        await expect(approve('Alice')).rejects.toMatchObject(refused('Alice has approved it already'));
        await approve('bob');
        expect(((await upgrade.result()) as UpgradeReport).decisions).toMatchObject([
          { by: 'alice', through: 'request' },
          { by: 'bob' },
        ]);
      },
    ));

  test('are two of people with a name: a request without one counts for nobody', () =>
    scene(
      { world: world(), input: { approvedPlan: planHash } },
      async ({ upgrade, untilItWaits, approve, details }) => {
        await untilItWaits();
        expect(await details()).toContain('it names nobody, and two must');
        expect(await approve('alice')).toMatchObject({ approvals: 1, needed: 2 });
        await approve('bob');
        expect(((await upgrade.result()) as UpgradeReport).decisions).toHaveLength(2);
      },
    ));
});

describe('a rejection', () => {
  test('while it waits removes what was begun', () =>
    scene({}, async ({ upgrade, untilItWaits, reject, world }) => {
      await untilItWaits();
      expect(await reject('bob', { comment: 'audit' })).toMatchObject({ decision: 'rejected' });
      const failure = await failureOf(upgrade);
      expect(failure).toMatchObject({ type: 'not-approved' });
      expect(failure.message).toContain(`plan ${planHash}: rejected by bob: “audit”`);
      expect(failure.message).toContain('undone: remove green');
      expect(world.state).toMatchObject({ record: { colour: 'blue' }, releases: { blue: { writers: true } } });
      expect(world.state.releases.green).toBeUndefined();
    }));

  test.for([
    ['', {}],
    [', although the request approves it', { approvedPlan: planHash }],
  ] as const)('that came before the plan ends the run before anything has begun%s', ([, input]) => {
    const world = createReleaseWorld();
    const planning = held(world.h1, 'planUpgrade');
    return scene({ world, input }, async ({ upgrade }) => {
      await planning.begun;
      await upgrade.signal('reject', { plan: planHash, by: 'bob' });
      planning.goOn();
      const failure = await failureOf(upgrade);
      expect(failure).toMatchObject({ type: 'not-approved' });
      expect(failure.message).toContain('rejected by bob');
      expect(world.state.releases.green).toBeUndefined();
    });
  });

  test('between approval and switch is refused; in the watch it goes back; an approval is late by then', () => {
    const world = createReleaseWorld();
    const before = structuredClone(world.state);
    const migration = held(world.h1, 'migrate');
    const watched = watch(world);
    return scene({ world }, async ({ upgrade, approve, reject, untilItWaits, details }) => {
      await untilItWaits();
      await approve('alice');
      await migration.begun;
      await expect(reject('bob')).rejects.toMatchObject(refused('it is approved already, by alice'));
      migration.goOn();
      await watched;
      expect(world.state).toMatchObject({ record: { colour: 'green' }, edge: { colour: 'green', mode: 'open' } });
      expect(await details()).toContain(`drydock reject pharma --plan ${planHash}`);
      await expect(approve('bob')).rejects.toMatchObject(refused('it is approved already, by alice'));
      expect(await reject('bob', { comment: 'search is slow' })).toMatchObject({ decision: 'rejected' });
      const failure = await failureOf(upgrade);
      expect(failure).toMatchObject({ type: 'not-approved' });
      expect(failure.message).toContain('rejected by bob: “search is slow”');
      expect(failure.message).toContain('undone: serve blue again, admit writes again');
      expect(world.state).toEqual(before);
    });
  });
});

/** The watch goes on until it is cancelled. */
function watch(world: ReleaseWorld): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  world.h1['watchRelease'] = () => {
    resolve();
    return untilCancelled();
  };
  return promise;
}

describe('an upgrade that waits', () => {
  test('is cancelled like any other, and takes the lease for its undo', () => {
    const world = createReleaseWorld();
    const tokens: number[] = [];
    const remove = world.h1['removeRelease'];
    world.h1['removeRelease'] = async (given) => {
      tokens.push(given.lease.token);
      return remove?.(given);
    };
    return scene({ world }, async ({ upgrade, untilItWaits, leases }) => {
      await untilItWaits();
      await upgrade.cancel();
      await expect(upgrade.result()).rejects.toBeInstanceOf(WorkflowFailedError);
      expect((await upgrade.describe()).status.name).toBe('CANCELLED');
      expect(world.state.releases.green).toBeUndefined();
      expect(tokens).toEqual([2]);
      expect(leases.holders()).toEqual([]);
      expect(leases.journal).toMatchObject([{ outcome: 'cancelled', leftBehind: [] }]);
    });
  });

  test('is void when the instance is another one by the time it is approved', () => {
    const world = createReleaseWorld();
    world.h1['checkUnchanged'] = async () => {
      throw new DrydockError('not-approved', 'check pharma against the plan: generation 2 serves by now');
    };
    return scene({ world }, async ({ upgrade, untilItWaits, approve }) => {
      await untilItWaits();
      await approve('alice');
      const failure = await failureOf(upgrade);
      expect(failure).toMatchObject({ type: 'not-approved' });
      expect(failure.message).toContain('generation 2 serves by now');
      expect(failure.message).toContain('undone: call the upgrade off, remove green');
      expect(world.state.releases.green).toBeUndefined();
      expect(world.migrated).toEqual([]);
    });
  });

  test('shows on its page what it changes, what to check and how to decide', () =>
    scene({}, async ({ upgrade, untilItWaits, details }) => {
      await untilItWaits();
      const page = await details();
      for (const line of [
        '## upgrade of pharma',
        '- phase: **waiting** since',
        '- waits for approval of plan cdcdcdcdcdcd…, until',
        '- from **stack@1.0.0** (blue, generation 1) to **stack@2.0.0** (green, generation 1)',
        '- image of app: stack-app:1.0.0 → stack-app:2.0.0',
        '- migration **slugs**: migrations/slugs.cypher in graph; the release before works on with it',
        '- way: beside: green comes up on the serving stores, and traffic moves without a gap',
        '- read-only: while migrations run; 43 s the last time',
        '- before the switch: green is removed; blue never stopped serving',
        '- green runs and answered its smoke requests at ',
        '`docker ps --filter label=drydock.instance=pharma --filter label=drydock.colour=green`',
        `- on a terminal: \`drydock approve pharma --plan ${planHash}\``,
        '*Send a Signal*',
        `{"plan":"${planHash}","by":"YOUR NAME","comment":"WHY"}`,
        `temporal workflow update execute --namespace default --workflow-id ${upgrade.workflowId} --name approve`,
      ]) {
        expect(page).toContain(line);
      }
      // Otherwise the UI shows a heading as the end of the last line of the list above.
      expect(page).not.toMatch(/^- .*\n### /m);
    }));
});
