import type { Blueprint } from '../../contracts/blueprint.ts';
import type { Sha256 } from '../../contracts/ids.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import type { ComposeModel } from '../../drivers/compose/compose.ts';
import type { BlueprintFiles } from '../check/check-blueprint.ts';
import type { HostObservation } from '../instance/plan-provision.ts';
import type { StoreHealth } from '../sets/plan-backup.ts';

/** A blueprint and its Compose model for one instance. */
interface ReleaseSource {
  blueprint: Blueprint;
  /** The blueprint as pushed; `.env.template` and `config/` are read. */
  files: BlueprintFiles;
  /** Not interpolated: it holds `${VARIABLES}` and so no secrets. Definitions are compared by this model. */
  model: ComposeModel;
  /** Interpolated, only for images and memory limits; placeholders may replace secrets. */
  resolved: Pick<ComposeModel, 'services'>;
}

/** The release that serves. */
export interface CurrentRelease extends ReleaseSource {
  record: InstanceRecord;
  /** `.env` without its secrets. */
  values: Readonly<Record<string, string>>;
  /** Names of the secrets in `.env` that have a value. */
  secrets: readonly string[];
}

/** The requested release. */
export interface TargetRelease extends ReleaseSource {
  digest: Sha256;
}

/** The host before an upgrade is planned. */
export interface UpgradeObservation
  extends Pick<HostObservation, 'portsInUse' | 'hostVariables' | 'secretFiles' | 'diskFreeBytes'> {
  /** Health of every store, and of every service of the serving release, by name. */
  stores: Readonly<Record<string, StoreHealth>>;
  release: Readonly<Record<string, StoreHealth>>;
  /** Memory left after the host's reserve and all instances, this one included. */
  memoryFreeBytes: number;
  /** Bytes that captures of all stores may take, as drivers say: gives the room for a safety set and for a copy. */
  captureBytes: number;
  /** Engine version of each store in the images of both releases. Unknown versions are not compared. */
  engines: { current: Readonly<Record<string, string>>; target: Readonly<Record<string, string>> };
  /** Images of the target that the host neither has nor can pull. */
  missingImages: readonly string[];
  /** Names of the migrations that the serving generation has finished. */
  finishedMigrations: readonly string[];
  /** Paths below the instance's own `config/`, beginning with `config/`. */
  configFiles: readonly string[];
  /** How long writing was off the last time, in milliseconds, if known. */
  readOnlyMs?: number | undefined;
  /** Digest over record, `.env`, pinned blueprint and finished migrations: a change voids the plan. */
  fingerprint: Sha256;
}
