import type { InstanceName, Instant, Sha256 } from '../../contracts/ids.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { RestorePlan } from '../../contracts/restore.ts';
import type { RollbackRequest, UpgradePlan, UpgradeRequest } from '../../contracts/upgrade.ts';
import { DrydockError } from '../../errors.ts';
import { refuseUnconfirmed } from '../../model/instance/confirmation.ts';
import { generationLabels } from '../../model/instance/labels.ts';
import { planUpgrade } from '../../model/releases/plan-upgrade.ts';
import { planRestore } from '../../model/sets/plan-restore.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { withHash } from '../attempt/hash.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openInstance, openRelease } from '../instance/instances.ts';
import { readReleaseNote } from '../instance/release-notes.ts';
import { observeForRestore, storeImages } from '../sets/store-observation.ts';
import { fingerprint, observeForUpgrade } from './release-observation.ts';

/** The way back to the previous release. */
interface RollbackPlan {
  instance: InstanceName;
  from: UpgradePlan['from'];
  to: UpgradePlan['to'];
  way: UpgradePlan['way'];
  /** Until when the release that comes back was kept; undoing the rollback restores this date. */
  keptUntil: Instant;
  hash: Sha256;
}
/** Steps that observe an instance and plan another release for it. They change nothing. */
export function createReleasePlanning(drivers: HostDrivers) {
  const { directories } = drivers;

  return {
    async planUpgrade(
      step: Fenced<{ request: UpgradeRequest; readOnlyMs?: number | undefined }>,
    ): Promise<UpgradePlan> {
      const { request, readOnlyMs } = step;
      const { instance, to, variables } = request;
      const local = await openInstance(directories, instance);
      const { releases, observed } = await observeForUpgrade(drivers, local, { to, variables, readOnlyMs });
      return withHash(planUpgrade(request, releases, observed));
    },

    /**
     * `not-approved` when the instance has changed since the plan was made, or the release beside it was not prepared
     * for this plan: another upgrade may have waited at the same time.
     */
    async checkUnchanged({ plan }: Fenced<{ plan: UpgradePlan }>): Promise<void> {
      const { instance, to, way } = plan;
      const note = await readReleaseNote(directories, instance, to.colour);
      const replaced = way === 'beside' && note?.plan !== plan.hash;
      const found = await fingerprint(drivers, await openInstance(directories, instance));
      if (found === plan.observed && !replaced) return;
      const seen = replaced ? `${to.colour} no longer holds its release` : 'the instance has changed';
      throw new DrydockError(
        'not-approved',
        `carry out plan ${plan.hash.slice(0, 12)} on ${instance}: ${seen}, so the plan is void`,
        { next: 'start the upgrade again for a new plan' },
      );
    },

    /** Plans the next generation for the candidate, whose files must have been prepared. */
    async planCopy({ plan, manifest }: Fenced<{ plan: UpgradePlan; manifest: Manifest }>): Promise<RestorePlan> {
      const { instance, to } = plan;
      const { record } = await openInstance(directories, instance);
      const candidate = await openRelease(directories, instance, to.colour);
      const observed = await observeForRestore(drivers, candidate, manifest);
      const { ref, digest, colour, generation: toGeneration } = to; // the plan of the upgrade has chosen them
      const purpose = { kind: 'copy' as const, release: colour };
      const copy = planRestore(
        manifest,
        candidate.blueprint,
        { ...observed, record, safetySet: 'skip', purpose, toGeneration },
        await storeImages(drivers, candidate),
      );
      return withHash({ ...copy, blueprint: { ref, digest }, colour });
    },

    /** Refuses when no previous release is kept, and `not-confirmed` when data would be lost without the typed name. */
    async planRollback({ request }: Fenced<{ request: RollbackRequest }>): Promise<RollbackPlan> {
      const { instance } = request;
      const record = await directories.record(instance);
      const { blueprint, colour, generation, previous } = record;
      const note = previous && (await readReleaseNote(directories, instance, previous.colour));
      if (previous === undefined || note === undefined) {
        throw new DrydockError('refused', `take ${instance} back to its previous release: no release is kept`, {
          next: 'restore a set with `drydock restore`, or upgrade to another version',
        });
      }
      if (note.other.generation !== generation) {
        throw new DrydockError(
          'refused',
          `take ${instance} back to ${previous.blueprint.ref}: the instance serves generation ${generation}, not generation ` +
            `${note.other.generation} of the upgrade`,
          { next: 'the instance was restored since; upgrade to another version instead' },
        );
      }
      const labels = generationLabels(record, previous.generation);
      if ((await drivers.containers.volumes(labels)).length === 0) {
        throw new DrydockError(
          'refused',
          `take ${instance} back to ${previous.blueprint.ref}: generation ${previous.generation} is gone`,
          { next: 'restore a set with `drydock restore`' },
        );
      }
      const way = previous.generation === generation ? 'beside' : 'on-copy';
      if (way === 'on-copy') {
        const tried = `take ${instance} back to ${previous.blueprint.ref}: what was written since the upgrade is lost`;
        refuseUnconfirmed(request, tried, 'to lose it, or leave the instance as it is');
      }
      const from = { ...blueprint, colour, generation };
      const to = { ...previous.blueprint, colour: previous.colour, generation: previous.generation };
      return withHash({ instance: request.instance, from, to, way, keptUntil: previous.keepUntil });
    },
  };
}
