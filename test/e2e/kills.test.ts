import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Run } from '../../src/client/index.ts';
import type { BackupReport } from '../../src/contracts/backup.ts';
import type { RestoreReport } from '../../src/contracts/restore.ts';
import { damage } from '../support/instance-client.ts';
import { type KillCase, type KillReport, killInEveryStep, type Noticed, recordSteps } from '../support/kill-harness.ts';
import { expectUntouched, type Subject, subject } from '../support/kill-subject.ts';
import { openPlane, type Plane } from '../support/plane.ts';
import { setsInStore, volumesOf } from '../support/world.ts';

/** `KILLS=all`: both ways to die in both procedures, for nights. Otherwise one each, which takes a third of the time. */
const everyWay = process.env['KILLS'] === 'all';

/** Two hosts, so that what kills the one does not disturb the other, and both can be killed at the same time. */
describe('a host worker that dies in every step', () => {
  let plane: Plane;
  let backupCase: Subject & KillCase<BackupReport>;
  let restoreCase: Subject & KillCase<RestoreReport>;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    const [first, second] = await Promise.all([subject(plane, 'ka', 0), subject(plane, 'kb', 1)]);
    backupCase = { ...first, ...backupOf(first) };
    restoreCase = { ...second, ...restoreOf(second) };
  });
  afterAll(() => plane.close());

  test.concurrent('a backup still ends with a whole set', async () => {
    const steps = await recordSteps(backupCase);
    expect(Object.keys(steps).length).toBeGreaterThan(25);
    await dieEverywhere(
      backupCase,
      steps,
      everyWay ? { middle: 'by silence', after: 'at once' } : { after: 'at once' },
    );
  });

  test.concurrent('a restore still ends with the data of the set', async () => {
    const steps = await recordSteps(restoreCase);
    expect(Object.keys(steps).length).toBeGreaterThan(30);
    await dieEverywhere(restoreCase, steps, everyWay ? { middle: 'at once', after: 'at once' } : { middle: 'at once' });
  });
});

async function dieEverywhere<Report>(
  killed: KillCase<Report>,
  steps: Record<string, number>,
  ways: Partial<Record<'middle' | 'after', Noticed>>,
): Promise<void> {
  for (const mode of ['middle', 'after'] as const) {
    const noticed = ways[mode];
    if (noticed === undefined) continue;
    const report: KillReport = await killInEveryStep(killed, steps, mode, noticed);
    expect(report.spared, `steps that were never killed (${mode})`).toEqual([]);
    expect(report.deaths).toBeGreaterThan(10);
  }
}

describe('Temporal that dies twice in the middle of procedures', () => {
  test('a backup and a restore end as if it had lived', async () => {
    const plane = await openPlane(inject('plane'));
    const [first, second] = await Promise.all([subject(plane, 'ka', 0), subject(plane, 'kb', 1)]);
    const [backing, restoring] = [backupOf(first), restoreOf(second)];
    await first.host.serving(() =>
      second.host.serving(async () => {
        await restoring.prepare?.();
        const runs = [await backing.start(), await restoring.start()] as const;
        for (const steps of [2, 5]) {
          for (const run of runs) expect(await hasDone(run, steps)).toBe(true);
          await plane.kill('temporal');
        }
        await backing.check(await runs[0].result(), runs[0].workflowId);
        await restoring.check(await runs[1].result(), runs[1].workflowId);
      }),
    );
    await plane.close();
  });
});

/** Polls `progress` until so many steps are done; false if the run is over by then. */
async function hasDone(run: Run<unknown>, steps: number): Promise<boolean> {
  const look = async () => (await run.observe()).progress;
  await expect
    .poll(async () => (await look())?.steps.filter(({ state }) => state === 'done').length, { timeout: 120_000 })
    .toBeGreaterThanOrEqual(steps);
  return (await look())?.phase === 'running';
}

function backupOf(killed: Subject): KillCase<BackupReport> {
  const { plane, instance } = killed;
  return {
    plane,
    host: killed.host,
    start: () => plane.operations.backup({ instance: instance.name }),
    check: async ({ set }) => {
      const { sets, strays } = await setsInStore(plane, instance.name);
      expect(sets).toContain(set);
      expect(strays).toEqual([]);
      await (await plane.operations.verify({ instance: instance.name, set })).result();
      await expectUntouched(killed);
    },
  };
}

function restoreOf(killed: Subject): KillCase<RestoreReport> {
  const { plane, instance } = killed;
  const { operations } = plane;
  return {
    plane,
    host: killed.host,
    prepare: () => damage(instance),
    start: () =>
      operations.restore({
        instance: instance.name,
        confirm: instance.name,
        skipSafetySet: 'the set is what is tested',
        graceHours: 0,
      }),
    check: async ({ generation }, workflowId) => {
      await operations.run(`${workflowId}/retire-g${generation - 1}`).result();
      expect(await volumesOf(instance.name)).toEqual(
        ['neo4j', 'qdrant', 'redis'].map((store) => `drydock-${instance.name}.${store}_data.g${generation}`),
      );
      expect(existsSync(join(instance.directory, '.drydock', 'generations', `g${generation - 1}`))).toBe(false);
      await expectUntouched(killed);
    },
  };
}
