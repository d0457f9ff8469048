import type { Client } from '@temporalio/client';
import type { HostName } from '../contracts/ids.ts';
import type { Notifier } from '../drivers/notifier/notifier.ts';
import type { ObjectStore } from '../drivers/object-store/object-store.ts';
import type { Seal } from '../drivers/seal/seal.ts';
import { createCleanupActivities } from './care/cleanup.ts';
import { createBlueprintActivities } from './catalogue/blueprints.ts';
import { createCatalogueActivities } from './catalogue/catalogue.ts';
import { createEvidenceActivities } from './catalogue/evidence.ts';
import { createJournal } from './catalogue/journal.ts';
import { createLifeActivities } from './catalogue/lives.ts';
import { createObjectiveActivities } from './catalogue/objectives.ts';
import { createRetentionActivities } from './catalogue/retention.ts';
import { createLeases } from './claims/leases.ts';
import { createTurns } from './claims/turns.ts';
import { createDrillActivities } from './drills/drills.ts';
import { createBarrierActivities } from './instance/barrier.ts';
import { createDirectoryActivities } from './instance/directories.ts';
import type { HostDrivers } from './instance/host-drivers.ts';
import { createHostChoice } from './instance/hosts.ts';
import { createPlanningActivities } from './instance/planning.ts';
import { createVerificationActivities } from './instance/verification.ts';
import { createNightActivities } from './nights/nights.ts';
import { createNoticeActivities } from './nights/notices.ts';
import type { Scheduler } from './nights/scheduler.ts';
import { createCopyActivities } from './releases/copies.ts';
import { createMigrationActivities } from './releases/migrations.ts';
import { createReleasePlanning } from './releases/release-planning.ts';
import { createReleaseActivities } from './releases/releases.ts';
import { createSwitchingActivities } from './releases/switching.ts';
import { createWatchActivities, type WatchPace, watchPace } from './releases/watching.ts';
import { createArtifactActivities } from './sets/artifacts.ts';
import { createGenerationActivities } from './sets/generations.ts';
import { createSetPlanning } from './sets/planning.ts';
import { createStoredSetActivities } from './sets/stored-artifacts.ts';
import { createStoreActivities } from './sets/stores.ts';
import { createAdoptionActivities } from './settle/adoption.ts';
import { createExchangeRepairs } from './settle/exchanges.ts';
import { createServingRepairs } from './settle/serving.ts';
import { createStrayActivities } from './settle/strays.ts';

/** Every step that acts on a host; workflows see its type. A test may watch releases at another pace. */
export function createHostActivities(drivers: HostDrivers, pace: WatchPace = watchPace) {
  return {
    ...createPlanningActivities(drivers),
    ...createSetPlanning(drivers),
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
    ...createStrayActivities(drivers),
    ...createExchangeRepairs(drivers),
    ...createServingRepairs(drivers),
    ...createAdoptionActivities(drivers),
  };
}
export type HostActivities = ReturnType<typeof createHostActivities>;

interface ControlDrivers {
  client: () => Client;
  objects: ObjectStore;
  seal: Pick<Seal, 'digest'>;
  notifier: Notifier;
  scheduler: Scheduler;
  /** off: instances get no schedules, and existing schedules are removed. */
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
    ...createLifeActivities(client, objects),
    ...createCatalogueActivities(objects),
    ...createEvidenceActivities(objects),
    ...createBlueprintActivities(objects),
    ...createNoticeActivities(objects, notifier),
    ...createRetentionActivities(client, objects),
    ...createObjectiveActivities(client, objects),
    ...createStoredSetActivities(objects, seal),
  };
}
export type ControlActivities = ReturnType<typeof createControlActivities>;
