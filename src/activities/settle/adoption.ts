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

/** Steps that say what a host knows by itself. */
export function createAdoptionActivities({ host, directories }: Pick<HostDrivers, 'host' | 'directories'>) {
  return {
    /** Every instance of this host, and what in its directory is none that could be made known. Only reads. */
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
          // One directory that cannot be read must not keep the others unknown.
          problems.push(`${directories.path(name)}: ${describeError(error)}`);
        }
      }
      return { instances, problems };
    },
  };

  function notAdoptable(record: InstanceRecord | undefined): string | undefined {
    if (record === undefined)
      return 'has no record, so its provisioning never ended; look at it, and remove it by hand';
    // Steps would be sent to the host that its record names.
    if (record.host !== host) return `says that it is on host ${record.host}, and this is ${host}`;
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

  /** Everybody but the operator: whoever it was, no run of the Temporal that is lost goes on. */
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
