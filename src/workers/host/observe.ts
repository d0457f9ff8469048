import type { HostDrivers } from '../../activities/instance/host-drivers.ts';
import { EdgeMode } from '../../contracts/ids.ts';
import type { Source } from '../../contracts/metrics.ts';
import { DrydockError } from '../../errors.ts';
import { edgeDirectory } from '../../model/instance/names.ts';
import { type Sample, sample } from '../../model/metrics/samples.ts';
import type { Round } from '../observer.ts';

export const hostSources: readonly Source[] = ['edge', 'host'];

/** Time between two rounds, in milliseconds. */
export const hostEveryMs = 30_000;

type Seen = Pick<HostDrivers, 'host' | 'directories' | 'machine' | 'edge'>;

/** Facts that only the host sees: its edges' traffic and its disk's free space. */
export function hostRound(drivers: Seen): Round {
  const { host, directories, machine } = drivers;
  return async (observer) => {
    await observer.observe('host', '', async () => [
      sample('drydock_host_disk_free_bytes', { host }, await machine.diskFreeBytes(directories.root)),
      sample('drydock_host_disk_size_bytes', { host }, await machine.diskSizeBytes(directories.root)),
    ]);
    const names = await observer.ask('edge', () => directories.names());
    if (names === undefined) return;
    observer.keepOnly('edge', ['', ...names]);
    for (const instance of names) await observer.observe('edge', instance, () => edgeSamples(drivers, instance));
  };
}

async function edgeSamples({ host, directories, edge }: Seen, drydock_instance: string): Promise<Sample[]> {
  try {
    const mode = await edge.mode(directories.path(drydock_instance, edgeDirectory));
    return EdgeMode.options.map((each) =>
      sample('drydock_edge_mode', { drydock_instance, host, mode: each }, each === mode ? 1 : 0),
    );
  } catch (error) {
    // An instance under construction has no edge yet.
    if (error instanceof DrydockError && error.code === 'not-found') return [];
    throw error;
  }
}
