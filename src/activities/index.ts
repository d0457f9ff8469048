import type { Client } from '@temporalio/client';
import type { HostName } from '../contracts/ids.ts';
import type { Manifest } from '../contracts/manifest.ts';
import type { Notifier } from '../drivers/notifier/notifier.ts';
import type { ObjectStore } from '../drivers/object-store/object-store.ts';
import type { Seal } from '../drivers/seal/seal.ts';
import { createAdoptionActivities } from './adoption.ts';
import { createArtifactActivities } from './artifacts.ts';
import { createBarrierActivities } from './barrier.ts';
import { createBlueprintActivities } from './blueprints.ts';
import { createCatalogueActivities } from './catalogue.ts';
import { createCleanupActivities } from './cleanup.ts';
import { createCopyActivities } from './copies.ts';
import { createDirectoryActivities } from './directories.ts';
import { createDrillActivities } from './drills.ts';
import { createEvidenceActivities } from './evidence.ts';
import { createGenerationActivities } from './generations.ts';
import type { HostDrivers } from './host-drivers.ts';
import { createHostChoice } from './hosts.ts';
import { createJournal } from './journal.ts';
import { createLeases } from './leases.ts';
import { createMigrationActivities } from './migrations.ts';
import { createNightActivities } from './nights.ts';
import { createNoticeActivities } from './notices.ts';
import { createObjectiveActivities } from './objectives.ts';
import { createPlanningActivities } from './planning.ts';
import { createReleasePlanning } from './release-planning.ts';
import { createReleaseActivities } from './releases.ts';
import { createRetentionActivities } from './retention.ts';
import type { Scheduler } from './scheduler.ts';
import { createSettlingActivities } from './settling.ts';
import { verifyStored } from './stored-artifacts.ts';
import { createStoreActivities } from './stores.ts';
import { createSwitchingActivities } from './switching.ts';
import { createTurns } from './turns.ts';
import { createVerificationActivities } from './verification.ts';
import { createWatchActivities, type WatchPace, watchPace } from './watching.ts';

/** Every step that acts on a host; its type is what workflows see. A test may watch at another pace. */
export function createHostActivities(drivers: HostDrivers, pace: WatchPace = watchPace) {
  return {
    ...createPlanningActivities(drivers),
    ...createDirectoryActivities(drivers),
    ...createBarrierActivities(drivers),
    ...createStoreActivities(drivers),
    ...createArtifactActivities(drivers),
    ...createGenerationActivities(drivers),
    ...createVerificationActivities(drivers),
    ...createReleasePlanning(drivers),
    ...createReleaseActivities(drivers),
    ...createSwitchingActivities(drivers),
    ...createMigrationActivities(drivers),
    ...createCopyActivities(drivers),
    ...createWatchActivities(drivers, pace),
    ...createDrillActivities(drivers),
    ...createCleanupActivities(drivers),
    ...createSettlingActivities(drivers),
    ...createAdoptionActivities(drivers),
  };
}
export type HostActivities = ReturnType<typeof createHostActivities>;

export interface ControlDrivers {
  client: () => Client;
  objects: ObjectStore;
  seal: Pick<Seal, 'digest'>;
  notifier: Notifier;
  scheduler: Scheduler;
  /** off: instances get no schedules, and those that have some lose them. */
  nights?: 'on' | 'off';
  defaultHost: HostName | undefined;
}

/** Every step that needs no host: catalogue, blueprints, lease, journal, notices. */
export function createControlActivities(drivers: ControlDrivers) {
  const { client, objects, seal, notifier, scheduler, defaultHost } = drivers;
  return {
    ...createHostChoice(client, defaultHost),
    ...createLeases(client),
    ...createTurns(client),
    ...createNightActivities(client, scheduler, objects, drivers.nights),
    ...createJournal(objects),
    ...createCatalogueActivities(objects),
    ...createEvidenceActivities(objects),
    ...createBlueprintActivities(objects),
    ...createNoticeActivities(objects, notifier),
    ...createRetentionActivities(client, objects),
    ...createObjectiveActivities(client, objects),
    /** Every stored byte of a set, read again. */
    async verifySet({ manifest }: { set: string; manifest: Manifest }): Promise<void> {
      await verifyStored(objects, seal, manifest.artifacts);
    },
  };
}
export type ControlActivities = ReturnType<typeof createControlActivities>;
