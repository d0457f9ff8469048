import type { HostName } from '../../contracts/ids.ts';
import type { Compose } from '../../drivers/compose/compose.ts';
import type { ContainerRuntime } from '../../drivers/docker/container-runtime.ts';
import type { Host } from '../../drivers/host/host.ts';
import type { InstanceDirectories } from '../../drivers/instance-directory/instance-directory.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import type { Seal } from '../../drivers/seal/seal.ts';
import type { Edge } from '../../edges/edge.ts';
import type { StoreDrivers } from '../../stores/store.ts';

/** Everything the steps of one host act on; built once, in the host worker's main file. */
export interface HostDrivers {
  host: HostName;
  directories: InstanceDirectories;
  machine: Host;
  containers: ContainerRuntime;
  compose: Compose;
  edge: Edge;
  stores: StoreDrivers;
  objects: ObjectStore;
  seal: Seal;
  settings: HostSettings;
}

export interface HostSettings {
  /** Host-wide defaults of blueprint variables, such as image names. */
  variables: Readonly<Record<string, string>>;
  /** Directory whose files are the secrets that requests name; undefined when there is none. */
  secretsDirectory: string | undefined;
  /** Memory to keep free of promises to instances, in bytes. */
  memoryReserveBytes: number;
  /** Whether this host holds an age identity, and so can read sets. */
  canDecrypt: boolean;
}
