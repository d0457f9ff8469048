import type { Blueprint } from '../../contracts/blueprint.ts';
import type { Sha256 } from '../../contracts/ids.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import type { ComposeModel } from '../../drivers/compose/compose.ts';
import type { BlueprintFiles } from '../check/check-blueprint.ts';
import type { HostObservation } from '../instance/plan-provision.ts';
import type { StoreHealth } from '../sets/plan-backup.ts';

/** A blueprint and what Compose makes of it for one instance. */
interface ReleaseSource {
  blueprint: Blueprint;
  /** The blueprint as it was pushed; `.env.template` and `config/` are read. */
  files: BlueprintFiles;
  /** Not interpolated: `${VARIABLES}` stand in it, so no secret does. Definitions are compared by it. */
  model: ComposeModel;
  /** Interpolated, for images and memory limits alone; secrets may be stood in for. */
  resolved: Pick<ComposeModel, 'services'>;
}

/** The release that serves. */
export interface CurrentRelease extends ReleaseSource {
  record: InstanceRecord;
  /** `.env` without its secrets. */
  values: Readonly<Record<string, string>>;
  /** Names of the secrets of `.env` that have a value. */
  secrets: readonly string[];
}

/** The release that is asked for. */
export interface TargetRelease extends ReleaseSource {
  digest: Sha256;
}

/** What the host shows before an upgrade is planned. */
export interface UpgradeObservation
  extends Pick<HostObservation, 'portsInUse' | 'hostVariables' | 'secretFiles' | 'diskFreeBytes'> {
  /** Health of every store by its name, and of every service of the serving release by the service's. */
  stores: Readonly<Record<string, StoreHealth>>;
  release: Readonly<Record<string, StoreHealth>>;
  /** What the host's reserve and all instances, this one included, leave of its memory. */
  memoryFreeBytes: number;
  /** Bytes that captures of all stores may take, as their drivers say: room for a safety set and for a copy is derived from it. */
  captureBytes: number;
  /** Version of each store's engine in the image of either release. One that is not known is not compared. */
  engines: { current: Readonly<Record<string, string>>; target: Readonly<Record<string, string>> };
  /** Images of the target that the host neither has nor can pull. */
  missingImages: readonly string[];
  /** Names of the migrations that the serving generation has behind it. */
  finishedMigrations: readonly string[];
  /** Paths below the instance's own `config/`, beginning with `config/`. */
  configFiles: readonly string[];
  /** How long writing was off the last time, in milliseconds, if anything says so. */
  readOnlyMs?: number | undefined;
  /** Digest over record, `.env`, pinned blueprint and finished migrations: another one voids the plan. */
  fingerprint: Sha256;
}
