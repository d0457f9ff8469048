import { expect } from 'vitest';
import type { RollbackReport, UpgradeReport } from '../../src/contracts/upgrade.ts';
import type { Contents } from './instance-client.ts';
import type { KillCase } from './kill-harness.ts';
import { expectUntouched, type Subject } from './kill-subject.ts';
import { approve } from './plane-runs.ts';

/** An upgrade from osmose 1.0.0 to the release with compatible migrations; `prepare` goes back to 1.0.0 first. */
export function upgradeBeside(killed: Subject): KillCase<UpgradeReport> {
  const { operations } = killed.plane;
  const { name } = killed.instance;
  return upgradeOf(killed, { name: 'upgrade', to: '2.0.0', migrations: 3 }, async () => {
    await (await operations.rollback({ instance: name })).result();
    // The old data comes back too, so that the migrations run again.
    const request = { confirm: name, skipSafetySet: 'the upgrade is what is tested', graceHours: 0 };
    const restore = await operations.restore({ instance: name, ...request });
    const { generation } = await restore.result();
    await operations.run(`${restore.workflowId}/retire-g${generation - 1}`).result();
  });
}

/** An upgrade from osmose 1.0.0 to the release whose data 1.0.0 cannot read; the way back finds the old data unchanged. */
export function upgradeOnCopy(killed: Subject): KillCase<UpgradeReport> {
  const { name } = killed.instance;
  return upgradeOf(killed, { name: 'upgrade on a copy', to: '3.0.0', migrations: 4 }, async () => {
    await (await killed.plane.operations.rollback({ instance: name, confirm: name })).result();
  });
}

function upgradeOf(
  killed: Subject,
  { name, to, migrations }: { name: string; to: string; migrations: number },
  back: () => Promise<void>,
): KillCase<UpgradeReport> {
  const { plane, host, instance } = killed;
  const { operations } = plane;
  let migratedContents: Contents | undefined; // of the run that nobody disturbed
  return {
    name,
    plane,
    host,
    prepare: async () => {
      if ((await instance.version()) !== '1.0.0') await back();
    },
    start: async () => {
      const request = { instance: instance.name, to: `osmose@${to}`, window: 'now', soakMinutes: 0.2 };
      const run = await operations.upgrade(request);
      void approve(plane, instance.name, run);
      return run;
    },
    check: async ({ plan, migrated }) => {
      expect(await instance.version()).toBe(to);
      expect(migrated.length).toBe(migrations);
      const { holder, waiting } = await operations.instance(instance.name);
      expect({ holder, waiting }).toEqual({ holder: undefined, waiting: [] });
      migratedContents ??= await instance.contents();
      await expectUntouched({ ...killed, contents: migratedContents }, plan.to.colour);
    },
  };
}

export function rollbackOf(killed: Subject): KillCase<RollbackReport> {
  const { plane, host, instance } = killed;
  const there = upgradeBeside(killed);
  let before: Contents = {};
  return {
    name: 'rollback',
    plane,
    host,
    prepare: async () => {
      if ((await instance.version()) === '1.0.0') await (await there.start()).result();
      before = await instance.contents();
    },
    start: () => plane.operations.rollback({ instance: instance.name }),
    check: async () => {
      expect(await instance.version()).toBe('1.0.0');
      await expectUntouched({ ...killed, contents: before });
    },
  };
}
