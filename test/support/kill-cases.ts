import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { BackupReport } from '../../src/contracts/backup.ts';
import type { RestoreReport } from '../../src/contracts/restore.ts';
import { damage } from './instance-client.ts';
import type { KillCase } from './kill-harness.ts';
import { expectUntouched, type Subject } from './kill-subject.ts';
import { setsInStore, volumesOf } from './world.ts';

/** A backup of the subject, which must end with a whole set whichever step dies. */
export function backupOf(killed: Subject): KillCase<BackupReport> {
  const { plane, instance } = killed;
  return {
    name: 'backup',
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

/** A restore in place after a clean-up against the wrong client, which must end with the data of the set. */
export function restoreOf(killed: Subject): KillCase<RestoreReport> {
  const { plane, instance } = killed;
  const { operations } = plane;
  return {
    name: 'restore',
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
