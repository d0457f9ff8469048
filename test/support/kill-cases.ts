import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { BackupReport } from '../../src/contracts/backup.ts';
import type { DecommissionReport } from '../../src/contracts/decommission.ts';
import type { ProvisionReport } from '../../src/contracts/provision.ts';
import type { RestoreReport } from '../../src/contracts/restore.ts';
import type { HarnessHost } from './harness-host.ts';
import { damage, instanceClient } from './instance-client.ts';
import type { KillCase } from './kill-harness.ts';
import { expectUntouched, type Subject } from './kill-subject.ts';
import { isKnown, osmose, type Plane, portsOfInstance } from './plane.ts';
import { containerStates, nothing, remainsOf, servingContainers, setsInStore, stagingOf, volumesOf } from './world.ts';

/** A backup of the subject, which must end with a whole set whichever step dies. */
export function backupOf(killed: Subject): KillCase<BackupReport> {
  const { plane, instance } = killed;
  return {
    ...killed,
    name: 'backup',
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
    ...killed,
    name: 'restore',
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
      expect(await volumesOf(instance.name)).toEqual(volumesOfGeneration(instance.name, generation));
      expect(existsSync(join(instance.directory, '.drydock', 'generations', `g${generation - 1}`))).toBe(false);
      await expectUntouched(killed);
    },
  };
}

function volumesOfGeneration(instance: string, generation: number): string[] {
  return ['neo4j', 'qdrant', 'redis'].map((store) => `drydock-${instance}.${store}_data.g${generation}`);
}

/** Starts to remove an instance whose data nobody needs. */
function leave({ operations }: Plane, instance: string) {
  const unwanted = { skipFinalSet: 'nobody needs its data', keepSetsDays: 0 };
  return operations.decommission({ instance, confirm: instance, ...unwanted });
}

/** A restore into a new instance beside the subject, which must end with the data of the set in both. */
export function restoreAsOf(killed: Subject, slot: number): KillCase<RestoreReport> {
  const { plane, host, instance, contents } = killed;
  const { operations } = plane;
  const copy = `${instance.name}-copy`;
  return {
    name: 'restore as',
    plane,
    host,
    prepare: async () => {
      if (await isKnown(plane, copy)) await (await leave(plane, copy)).result();
    },
    start: () =>
      operations.restore({
        instance: instance.name,
        as: copy,
        host: host.name,
        variables: portsOfInstance(plane, slot),
      }),
    check: async () => {
      expect(await containerStates(copy)).toEqual(servingContainers);
      expect(await (await instanceClient(host.root, copy)).contents()).toEqual(contents);
      expect(await volumesOf(copy)).toEqual(volumesOfGeneration(copy, 2));
      expect(await stagingOf(host.root, copy)).toEqual([]);
      await expectUntouched(killed);
    },
  };
}

/** Provisioning and decommissioning of one instance, each of which prepares what the other begins with. */
export function comingAndGoing(
  plane: Plane,
  host: HarnessHost,
  slot: number,
): { provision: KillCase<ProvisionReport>; decommission: KillCase<DecommissionReport> } {
  const { operations } = plane;
  const instance = plane.instance(host.name);
  const variables = { TENANT_ID: host.name, ...portsOfInstance(plane, slot) };
  const provision = () => operations.provision({ instance, blueprint: osmose, host: host.name, variables });
  return {
    provision: {
      name: 'provision',
      plane,
      host,
      prepare: async () => {
        if (await isKnown(plane, instance)) await (await leave(plane, instance)).result();
      },
      start: provision,
      check: async () => {
        expect(await containerStates(instance)).toEqual(servingContainers);
        // 201: it is the first document.
        expect(await (await instanceClient(host.root, instance)).writeStatus()).toBe(201);
      },
    },
    decommission: {
      name: 'decommission',
      plane,
      host,
      prepare: async () => {
        if (!(await isKnown(plane, instance))) await (await provision()).result();
      },
      start: () => leave(plane, instance),
      check: async () => {
        expect(await remainsOf(instance)).toEqual(nothing);
        expect(existsSync(join(host.root, instance))).toBe(false);
      },
    },
  };
}

/** What looks after an instance or closes it to writers, one after the other on the same subject. */
export function caringFor(killed: Subject): KillCase<unknown>[] {
  const { plane, host, instance } = killed;
  const { operations } = plane;
  const request = { instance: instance.name };
  const untouched = { plane, host, check: () => expectUntouched(killed) };
  return [
    { ...untouched, name: 'verify', start: () => operations.verify(request) },
    { ...untouched, name: 'cleanup of nodes', start: () => operations.cleanup({ ...request, what: 'proto-kg' }) },
    { ...untouched, name: 'cleanup of points', start: () => operations.cleanup({ ...request, what: 'qdrant' }) },
    {
      ...untouched,
      name: 'read-only',
      start: () => operations.readOnly({ ...request, state: 'on', reason: 'a worker is killed' }),
      check: async () => {
        expect(await instance.writeStatus()).toBe(503);
        await (await operations.readOnly({ ...request, state: 'off' })).result();
        await expectUntouched(killed);
      },
    },
  ];
}
