import type { HostedInstance } from '../../contracts/adopt.ts';
import { operator } from '../../contracts/edge-mode.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import { describeError } from '../../errors.ts';
import { readDrillNote } from '../drills/drill-place.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openInstance } from '../instance/instances.ts';
import { readOnlyHolds } from '../instance/read-only-holds.ts';
import { readReleaseNote } from '../instance/release-notes.ts';
import { addressesOf } from '../instance/verification.ts';

/** Steps that tell what a host knows without Temporal. */
export function createAdoptionActivities({ host, directories }: Pick<HostDrivers, 'host' | 'directories'>) {
  return {
    /** Every instance of this host, and the directories that hold no adoptable instance, as problems. Only reads. */
    async observeInstances(): Promise<{ instances: HostedInstance[]; problems: string[] }> {
      const instances: HostedInstance[] = [];
      const problems: string[] = [];
      for (const name of (await directories.names()).sort()) {
        try {
          const record = await directories.recordIfAny(name);
          const problem = notAdoptable(record);
          if (record !== undefined && problem === undefined) instances.push(await observe(record));
          else problems.push(`${directories.path(name)}: ${problem}`);
        } catch (error) {
          // A directory that cannot be read must not hide the others.
          problems.push(`${directories.path(name)}: ${describeError(error)}`);
        }
      }
      return { instances, problems };
    },
  };

  function notAdoptable(record: InstanceRecord | undefined): string | undefined {
    if (record === undefined) return 'has no record, so its provisioning never ended; remove the directory by hand';
    // The steps of such an instance would be sent to the other host.
    if (record.host !== host) return `its record names host ${record.host}, and this host is ${host}`;
    return undefined;
  }

  async function observe(record: InstanceRecord): Promise<HostedInstance> {
    const { instance } = record;
    return {
      record,
      addresses: addressesOf(await openInstance(directories, instance)),
      lastToken: await directories.lastLease(instance),
      holders: await holdersOf(instance),
    };
  }

  /** Every holder but the operator: no run of the lost Temporal goes on. */
  async function holdersOf(name: string): Promise<string[]> {
    const notes = [
      ...(await readOnlyHolds(directories, name)),
      await readReleaseNote(directories, name, 'blue'),
      await readReleaseNote(directories, name, 'green'),
      await readDrillNote(directories, name),
    ];
    return [...new Set(notes.flatMap((note) => note?.by ?? []))].filter((by) => by !== operator);
  }
}
