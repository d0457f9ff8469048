import type { Client } from '@temporalio/client';
import type { Identity, SetId } from '../../contracts/ids.ts';
import type { OrphanDecision, Removal, RetentionBasis, RetentionPlan, Tombstone } from '../../contracts/retention.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import { planRetention } from '../../model/catalogue/plan-retention.ts';
import { fullName, manifestKey, setsPrefix } from '../../model/instance/names.ts';
import { withHash } from '../attempt/hash.ts';
import { livingId } from '../claims/instance-state.ts';
import { readTombstoneOf } from './lives.ts';
import { openRunsOnSets } from './open-runs.ts';
import { readReliances } from './reliances.ts';
import { hasArtifactShape } from './set-ownership.ts';
import { removeBelow } from './set-removal.ts';
import { listSetObjects, surveySets } from './set-survey.ts';

/**
 * Steps that decide which sets are removed, and remove them. An object is deleted only if it is proven ours and unused
 * right before. A test may pass another clock.
 */
export function createRetentionActivities(client: () => Client, objects: ObjectStore, clock: () => number = Date.now) {
  return {
    /** The tombstone of an instance, if there is one, and whether the instance lives all the same. */
    async readTombstone({ of }: { of: Identity }): Promise<{ lives: boolean; tombstone?: Tombstone }> {
      const tombstone = await readTombstoneOf(objects, of);
      if (tombstone === undefined) return { lives: true };
      return { lives: (await livingId(client(), of.instance)) === of.id, tombstone };
    },

    /** Looks at every object below the sets of an instance and at every open run, and decides. Changes nothing. */
    async planRetention(step: {
      of: Identity;
      basis: RetentionBasis;
      tombstone?: Tombstone | undefined;
    }): Promise<RetentionPlan> {
      const { of, basis, tombstone } = step;
      const survey = await surveySets(objects, of);
      const [reliances, protection] = [await readReliances(objects, of), await objects.protection()];
      const openRuns = await openRunsOnSets(client()); // Last, so that the list includes runs that began meanwhile.
      const now = new Date(clock()).toISOString();
      return withHash(planRetention({ of, now, basis, tombstone, ...survey, openRuns, reliances, protection }));
    },

    /**
     * Removes a set, manifest first, unless it came into use since the plan. Goes on where an earlier attempt stopped.
     */
    async removeSet(step: { of: Identity; set: SetId; reasons: string[] }): Promise<Removal> {
      return (await keptForRun(step.set, `set ${step.set}`)) ?? removeBelow(objects, { ...step, manifest: 'remove' });
    },

    /** Removes the remains of a set without a manifest; keeps them if there is a manifest by now. */
    async removeOrphan(step: { of: Identity; orphan: OrphanDecision }): Promise<Removal> {
      const { of, orphan } = step;
      const { set, reasons, key, uploadId } = orphan;
      const what = key === undefined ? `artifacts of ${set}` : `upload of ${key}`;
      const kept = await keptForRun(set, what);
      if (kept !== undefined) return kept;
      if (key === undefined || uploadId === undefined) {
        return removeBelow(objects, { of, set, reasons, manifest: 'keep' });
      }
      if (!hasArtifactShape(of, set, key)) throw new DrydockError('not-ours', `abort the upload of ${key}`);
      await objects.abortUpload(key, uploadId);
      return { what, outcome: 'removed', removedBytes: 0, problems: [] };
    },

    /** Lists everything again: every object to be kept is there, every removed object is gone. */
    async proveRetention({ plan, removals }: { plan: RetentionPlan; removals: Removal[] }): Promise<void> {
      const { below } = await listSetObjects(objects, plan);
      const gone = new Set(removals.filter(({ outcome }) => outcome === 'removed').map(({ what }) => what));
      const problems = plan.sets.flatMap(({ set, verdict, objects: count }) => {
        const listed = below.get(set) ?? [];
        const isSet = listed.some(({ key }) => key === manifestKey(plan, set));
        if (gone.has(`set ${set}`)) return isSet ? [`set ${set} was removed and is still there`] : [];
        if (verdict === 'delete') return [];
        return isSet && listed.length >= count ? [] : [`set ${set} should have stayed and is no longer whole`];
      });
      for await (const { key } of objects.uploads(setsPrefix(plan))) {
        if (gone.has(`upload of ${key}`)) problems.push(`the upload of ${key} was aborted and is still there`);
      }
      if (problems.length === 0) return;
      throw new DrydockError(
        'mismatch',
        `compare the sets of ${fullName(plan)} with the plan: ${problems.length} differ`,
        {
          problems,
          next: 'look for another tool that works on the bucket; take a new set and verify what is left',
        },
      );
    },
  };

  async function keptForRun(set: SetId, what: string): Promise<Removal | undefined> {
    const run = (await openRunsOnSets(client())).find((open) => open.set === set);
    if (run === undefined) return undefined;
    const problems = [`${run.procedure} (${run.workflowId}) began to use it after the plan was made`];
    return { what, outcome: 'kept', removedBytes: 0, problems };
  }
}
