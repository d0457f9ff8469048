import { randomBytes } from 'node:crypto';
import type { BackupPlan, BackupRequest } from '../../contracts/backup.ts';
import { SetId } from '../../contracts/ids.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { RestorePlan } from '../../contracts/restore.ts';
import type { RetentionBasis } from '../../contracts/retention.ts';
import { setId } from '../../model/instance/names.ts';
import type { NewerStore } from '../../model/sets/newer-stores.ts';
import { chosenStores, planBackup } from '../../model/sets/plan-backup.ts';
import { nextGeneration, planRestore } from '../../model/sets/plan-restore.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { withHash } from '../attempt/hash.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openInstance } from '../instance/instances.ts';
import { observeForBackup, observeForRestore, storeImages } from './store-observation.ts';

/** Steps that look at an instance and its sets, and return the model's plan for the record. They change nothing. */
export function createSetPlanning(drivers: HostDrivers) {
  const { directories } = drivers;

  return {
    async planBackup({ request }: Fenced<{ request: BackupRequest }>): Promise<BackupPlan> {
      const local = await openInstance(directories, request.instance);
      const now = new Date();
      const id = SetId.parse(setId(now, randomBytes(4).toString('hex')));
      const observed = await observeForBackup(drivers, local, chosenStores(request, local.blueprint));
      return withHash(planBackup(request, local.blueprint, id, now.toISOString(), observed));
    },

    async planRestore(
      step: Fenced<{
        instance: string;
        manifest: Manifest;
        newer?: NewerStore[];
        /** In words, whose data it is, if not that of an instance that lives. */
        dataOf?: string;
        safetySet: 'take' | 'skip';
      }>,
    ): Promise<RestorePlan> {
      const { instance, manifest, newer = [], dataOf, safetySet } = step;
      const local = await openInstance(directories, instance);
      const observed = await observeForRestore(drivers, local, manifest, ...newer.map((one) => one.manifest));
      const [purpose, toGeneration] = [{ kind: 'serve' as const }, nextGeneration(local.record)];
      const images = await storeImages(drivers, local);
      const choices = { safetySet, newer, purpose, toGeneration };
      return withHash({ ...planRestore(manifest, local.blueprint, { ...observed, ...choices }, images), dataOf });
    },

    /** What decides how long sets of a living instance stay: tier, rules of the blueprint, the kept release. */
    async readRetentionRules({ instance }: Fenced<{ instance: string }>): Promise<RetentionBasis> {
      const { record, blueprint } = await openInstance(directories, instance);
      const { tier, previous } = record;
      const stores = Object.keys(blueprint.stores);
      const kept = previous && { ...previous.blueprint, keepUntil: previous.keepUntil };
      return { kind: 'living', tier, stores, rules: blueprint.retention, previous: kept };
    },
  };
}
