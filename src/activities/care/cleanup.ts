import {
  type CleanupPlan,
  type CleanupRequest,
  DeletedNodes,
  type NodeCounts,
  type OldNodesPlan,
  type VectorSpace,
  type VectorSpacePlan,
} from '../../contracts/cleanup.ts';
import { DrydockError } from '../../errors.ts';
import {
  cutoffOf,
  oldNodesSpec,
  planOldNodes,
  planVectorSpace,
  vectorSpaceSpec,
} from '../../model/care/plan-cleanup.ts';
import { leastVacuumPoints, type OldNodes } from '../../stores/care.ts';
import type { OpenStore } from '../../stores/open.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { withHash } from '../attempt/hash.ts';
import { checkpoint, onThisClock, reportProgress, saveCheckpoint, signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { type LocalInstance, openInstance } from '../instance/instances.ts';
import { readOnlyHolds } from '../instance/read-only-holds.ts';
import { openRunning, serving } from '../instance/store-locations.ts';
import { healthOfStores } from '../sets/store-observation.ts';
import { keepVacuum, restoreVacuums } from './vacuums.ts';

/** Steps that remove what an instance no longer needs. */
export function createCleanupActivities(drivers: HostDrivers) {
  const { directories } = drivers;

  return {
    /** Counts what would be removed; refuses if that cannot be told apart from what must stay. Changes nothing. */
    async planCleanup({ request }: Fenced<{ request: CleanupRequest }>): Promise<CleanupPlan> {
      const local = await openInstance(directories, request.instance);
      return request.what === 'proto-kg' ? planNodes(request, local) : planSpace(request, local);
    },

    /** Deletes old nodes until none is left or the window ends. A later attempt goes on deleting and counting. */
    async deleteOldNodes({ plan }: Fenced<{ plan: OldNodesPlan }>): Promise<DeletedNodes> {
      const open = await storeOfPlan(plan);
      const untilMs = untilOf(plan);
      let deleted = checkpoint(DeletedNodes) ?? { nodes: 0, relationships: 0, transactions: 0 };
      if (Date.now() >= untilMs) return deleted;
      for await (const { nodes, relationships } of open.deleteOldNodes(nodesOf(plan), signalOfStep())) {
        deleted = {
          nodes: deleted.nodes + nodes,
          relationships: deleted.relationships + relationships,
          transactions: deleted.transactions + 1,
        };
        saveCheckpoint(deleted);
        reportProgress({ what: `${deleted.nodes} of ${plan.counts.due} nodes deleted` });
        if (Date.now() >= untilMs) break;
      }
      return deleted;
    },

    async countOldNodes({ plan }: Fenced<{ plan: OldNodesPlan }>): Promise<NodeCounts> {
      const { total, matching, due, undated } = await (await storeOfPlan(plan)).countOldNodes(
        nodesOf(plan),
        signalOfStep(),
      );
      return { total, matching, due, undated };
    },

    /**
     * Lets the store rewrite the segments of one collection that are due, and waits until the store is done or the
     * window ends. The collection's settings are noted on the host first; `restoreVacuum` puts them back.
     */
    async reclaimSpace({ plan, collection }: Fenced<{ plan: VectorSpacePlan; collection: string }>): Promise<void> {
      const { instance, store, deletedShare: dueShare } = plan;
      const open = await storeOfPlan(plan);
      const until = untilOf(plan);
      const vacuum = await open.vacuum(collection);
      if (vacuum === undefined || Date.now() >= until) return;
      const before = await keepVacuum(drivers, await openInstance(directories, instance), {
        store,
        collection,
        vacuum,
      });
      await open.setVacuum(collection, {
        deletedThreshold: Math.min(before.deletedThreshold, dueShare),
        minimumPoints: leastVacuumPoints,
      });
      const report = ({ done }: { done: number }) => reportProgress({ what: `${done} deleted points left` });
      await open.awaitVacuum(collection, { dueShare, until }, report, signalOfStep());
    },

    /** Puts back the settings of every collection that a cleanup changed, also a cleanup that died. */
    async restoreVacuum({ instance }: Fenced<{ instance: string }>): Promise<string[]> {
      return restoreVacuums(drivers, await openInstance(directories, instance));
    },

    async measureSpace({ plan }: Fenced<{ plan: VectorSpacePlan }>): Promise<VectorSpace[]> {
      return (await storeOfPlan(plan)).space(plan.deletedShare);
    },
  };

  async function planNodes(request: CleanupRequest, local: LocalInstance): Promise<CleanupPlan> {
    const spec = oldNodesSpec(local.blueprint, request);
    const cutoff = cutoffOf(spec, new Date());
    const health = (await healthOfStores(drivers, local))[spec.store] ?? 'absent';
    const [hold] = await readOnlyHolds(directories, request.instance);
    const counts =
      health === 'healthy'
        ? await (await storeAt(local, spec.store)).countOldNodes({ ...spec, cutoff }, signalOfStep())
        : undefined;
    const observed = { record: local.record, health, counts, readOnlyFor: hold?.reason };
    return withHash(planOldNodes(request, spec, cutoff, observed));
  }

  async function planSpace(request: CleanupRequest, local: LocalInstance): Promise<CleanupPlan> {
    const spec = vectorSpaceSpec(local.blueprint, request);
    const health = (await healthOfStores(drivers, local))[spec.store] ?? 'absent';
    const spaces = health === 'healthy' ? await (await storeAt(local, spec.store)).space(spec.deletedShare) : undefined;
    const { dataRoot } = await drivers.containers.engine();
    const diskFreeBytes = await drivers.machine.diskFreeBytes(dataRoot);
    return withHash(planVectorSpace(request, spec, { record: local.record, health, spaces, diskFreeBytes }));
  }

  /** The store a plan was made for; refuses if the instance serves another generation by now. */
  async function storeOfPlan({ instance, store, generation }: OldNodesPlan | VectorSpacePlan): Promise<OpenStore> {
    const local = await openInstance(directories, instance);
    if (local.record.generation === generation) return storeAt(local, store);
    throw new DrydockError(
      'mismatch',
      `clean up ${instance}: generation ${local.record.generation} serves, and the plan is for ${generation}`,
      { next: 'start the cleanup again' },
    );
  }

  function storeAt(local: LocalInstance, store: string): Promise<OpenStore> {
    return openRunning(drivers, local, store, serving(local));
  }
}

function nodesOf({ label, property, where, cutoff }: OldNodesPlan): OldNodes {
  return { label, property, where, cutoff };
}

/** End of the window in milliseconds, on the clock of this process. */
function untilOf({ untilAt }: { untilAt?: string | undefined }): number {
  return untilAt === undefined ? Number.POSITIVE_INFINITY : onThisClock(untilAt);
}
