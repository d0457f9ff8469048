import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { blueprintPush } from '../../src/client/blueprint-files.ts';
import type { Run } from '../../src/client/index.ts';
import type { RollbackReport, UpgradeReport } from '../../src/contracts/upgrade.ts';
import type { Contents } from '../support/instance-client.ts';
import { type KillCase, killInEveryStep, recordSteps } from '../support/kill-harness.ts';
import { expectUntouched, type Subject, subject } from '../support/kill-subject.ts';
import { openPlane, type Plane } from '../support/plane.ts';

/** `KILLS=all`: both ways to die, going back as well, a release that works on a copy, and everybody's death in every step. For nights. */
const everyWay = process.env['KILLS'] === 'all';

/** One instance on a host of its own that goes to a release with migrations, and back, again and again. */
describe('an upgrade whose processes die', () => {
  let plane: Plane;
  let killed: Subject;
  let upgrading: KillCase<UpgradeReport>;
  let goingBack: KillCase<RollbackReport>;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    await push(plane, '2.0.0');
    killed = await subject(plane, 'kc', 2);
    upgrading = upgradeBeside(killed);
    goingBack = rollbackOf(killed);
  });
  afterAll(() => plane.close());

  test('a host worker that dies in every step: the new release serves, and the old one comes back', async () => {
    const steps = await recordSteps(upgrading);
    expect(Object.keys(steps).length).toBeGreaterThan(15);
    for (const mode of everyWay ? (['middle', 'after'] as const) : (['after'] as const)) {
      const { deaths, spared } = await killInEveryStep(upgrading, steps, mode, 'at once');
      expect(spared, `steps that were never killed (${mode})`).toEqual([]);
      expect(deaths).toBeGreaterThan(10);
    }
  });

  if (everyWay) {
    test('a host worker that dies in every step of going back', async () => {
      const steps = await recordSteps(goingBack);
      const { spared } = await killInEveryStep(goingBack, steps, 'middle', 'at once');
      expect(spared).toEqual([]);
    });
  }

  // Each of them once, at a moment of its own; with KILLS=all at the end of every step, each time another of them.
  const moments: [when: string, victims: Record<number, Victim>][] = everyWay
    ? [0, 1, 2].map((shift) => [`turn ${shift + 1}`, inTurn(shift)])
    : [['the middle', { 6: 'control-worker', 8: 'edge', 10: 'temporal' }]];
  test.each(moments)('the control worker, the edge and Temporal that die in %s', async (_, victims) => {
    await killed.host.serving(async () => {
      await upgrading.prepare?.();
      const run = await upgrading.start();
      await killWhen(killed, run, victims);
      await upgrading.check(await run.result(), run.workflowId);
    });
  });
});

if (everyWay) {
  describe('an upgrade on a copy whose host worker dies', () => {
    test.each(['middle', 'after'] as const)(
      'in every step (%s): the new release serves on whole data',
      async (mode) => {
        const plane = await openPlane(inject('plane'));
        try {
          await push(plane, '3.0.0');
          const onCopy = upgradeOnCopy(await subject(plane, 'kd', 3));
          const { spared } = await killInEveryStep(onCopy, await recordSteps(onCopy), mode, 'at once');
          expect(spared).toEqual([]);
        } finally {
          await plane.close();
        }
      },
    );
  });
}

async function push({ operations }: Plane, version: string): Promise<void> {
  const directory = fileURLToPath(new URL(`../../blueprints/osmose-${version}`, import.meta.url));
  await (await operations.pushBlueprint('osmose', blueprintPush(directory))).result();
}

type Victim = 'control-worker' | 'edge' | 'temporal';

/** After every step from the second on, so far as an upgrade is sure to have: one of the three, in turn. */
function inTurn(shift: number): Record<number, Victim> {
  const victims: Victim[] = ['control-worker', 'edge', 'temporal'];
  return Object.fromEntries(Array.from({ length: 14 }, (_, at) => [at + 2, victims[(at + shift) % 3] ?? 'edge']));
}

/** Kills each of them as soon as so many steps are done. */
async function killWhen(killed: Subject, run: Run<unknown>, victims: Record<number, Victim>): Promise<void> {
  for (const [steps, victim] of Object.entries(victims)) {
    await untilDone(run, Number(steps));
    if (victim === 'edge') await killEdge(killed.instance.name);
    else await killed.plane.kill(victim);
  }
}

/** From osmose 1.0.0, to which it goes back first, to the release with migrations that 1.0.0 could live with. */
function upgradeBeside(killed: Subject): KillCase<UpgradeReport> {
  const { operations } = killed.plane;
  const { name } = killed.instance;
  return upgradeOf(killed, { to: '2.0.0', migrations: 3 }, async () => {
    await (await operations.rollback({ instance: name })).result();
    // The data of before too, so that the migrations are to be made again.
    const request = { confirm: name, skipSafetySet: 'the upgrade is what is tested', graceHours: 0 };
    const restore = await operations.restore({ instance: name, ...request });
    const { generation } = await restore.result();
    await operations.run(`${restore.workflowId}/retire-g${generation - 1}`).result();
  });
}

/** From osmose 1.0.0 to the release whose data it could not read: going back finds its own as they were. */
function upgradeOnCopy(killed: Subject): KillCase<UpgradeReport> {
  const { name } = killed.instance;
  return upgradeOf(killed, { to: '3.0.0', migrations: 4 }, async () => {
    await (await killed.plane.operations.rollback({ instance: name, confirm: name })).result();
  });
}

function upgradeOf(
  killed: Subject,
  { to, migrations }: { to: string; migrations: number },
  back: () => Promise<void>,
): KillCase<UpgradeReport> {
  const { plane, host, instance } = killed;
  const { operations } = plane;
  let migratedContents: Contents | undefined; // of the run that nobody disturbed
  return {
    plane,
    host,
    prepare: async () => {
      if ((await versionOf(killed)) !== '1.0.0') await back();
    },
    start: async () => {
      const request = { instance: instance.name, to: `osmose@${to}`, window: 'now', soakMinutes: 0.2 };
      const run = await operations.upgrade(request);
      void approve(killed, run);
      return run;
    },
    check: async ({ plan, migrated }) => {
      expect(await versionOf(killed)).toBe(to);
      expect(migrated.length).toBe(migrations);
      const { holder, waiting } = await operations.instance(instance.name);
      expect({ holder, waiting }).toEqual({ holder: undefined, waiting: [] });
      migratedContents ??= await instance.contents();
      await expectUntouched({ ...killed, contents: migratedContents }, plan.to.colour);
    },
  };
}

function rollbackOf(killed: Subject): KillCase<RollbackReport> {
  const { plane, host, instance } = killed;
  const there = upgradeBeside(killed);
  let before: Contents = {};
  return {
    plane,
    host,
    prepare: async () => {
      if ((await versionOf(killed)) === '1.0.0') await (await there.start()).result();
      before = await instance.contents();
    },
    start: () => plane.operations.rollback({ instance: instance.name }),
    check: async () => {
      expect(await versionOf(killed)).toBe('1.0.0');
      await expectUntouched({ ...killed, contents: before });
    },
  };
}

/** Somebody looks at the plan and says yes, as soon as there is one; what becomes of it is seen in the run. */
async function approve({ plane, instance }: Subject, run: Run<UpgradeReport>): Promise<void> {
  const plan = await vi.waitUntil(async () => (await run.observe()).progress?.plan, {
    timeout: 300_000,
    interval: 500,
  });
  await plane.operations.approve(instance.name, { plan, by: 'the test' });
}

/** A plane that just lost a part of itself may not answer for a moment; the poll asks it again. */
async function untilDone(run: Run<unknown>, steps: number): Promise<void> {
  await expect
    .poll(async () => (await run.observe()).progress?.steps.filter(({ state }) => state === 'done').length ?? 0, {
      timeout: 300_000,
    })
    .toBeGreaterThanOrEqual(steps);
  // Only what comes in every step comes while the plan waits for approval too.
  expect((await run.observe()).progress?.phase).toMatch(everyWay ? /^(running|waiting)$/ : /^running$/);
}

/** As a crash would: Docker starts it again, which it does not after `docker kill`. */
async function killEdge(instance: string): Promise<void> {
  const { State } = await new Docker().getContainer(`drydock-${instance}_serving-edge-1`).inspect();
  process.kill(State.Pid, 'SIGKILL');
}

async function versionOf({ instance }: Subject): Promise<string> {
  const answer = (await (await fetch(`${instance.address}/version`)).json()) as { version: string };
  return answer.version;
}
