import type { BackupPlan } from '../../contracts/backup.ts';
import type { Generation, Identity, Instant } from '../../contracts/ids.ts';
import { DrydockError } from '../../errors.ts';
import { releaseServices, serviceStores, storeServices } from '../../model/instance/blueprint-stores.ts';
import { containerName, edgeDirectory } from '../../model/instance/names.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import { stopWritersOf } from '../releases/release-containers.ts';
import type { HostDrivers } from './host-drivers.ts';
import { openInstance } from './instances.ts';
import { builtProject, servingProject } from './projects.ts';
import { readOnlyHolds, restingMode, writeHolds } from './read-only-holds.ts';
import { serve, startLimitSeconds } from './serve.ts';
import { openRunning, serving } from './store-locations.ts';

/** How long writes in flight may take to finish once the edge refuses new writes, in milliseconds. */
const drainLimitMs = 60_000;

/** Steps that decide what the edge lets through, and whether anything inside still writes. */
export function createBarrierActivities(drivers: HostDrivers) {
  const { directories, compose, edge } = drivers;
  const edgeOf = (instance: string) => directories.path(instance, edgeDirectory);

  return {
    /** Makes the edge read-only, waits for writes in flight, stops the writers: after this nothing writes. */
    async raiseBarrier({ plan }: Fenced<{ plan: BackupPlan }>): Promise<{ from: string }> {
      await refuseWrites(plan.instance);
      await stopWritersOf(drivers, await openInstance(directories, plan.instance));
      return { from: new Date().toISOString() };
    },

    /** Starts stores and writers, and opens the edge as far as holds allow. Also undoes all that a capture may stop. */
    async lowerBarrier({ plan }: Fenced<{ plan: BackupPlan }>): Promise<{ to: string }> {
      const local = await openInstance(directories, plan.instance);
      for (const [store, { service }] of serviceStores(local.blueprint)) {
        const there = await drivers.containers.container(containerName(plan.project, service));
        if (there === undefined) continue; // Nothing to recover; Compose makes the container anew.
        await (await openRunning(drivers, local, store, serving(local))).recover(signalOfStep());
      }
      await serve(drivers, plan.instance);
      await edge.setMode(edgeOf(plan.instance), await restingMode(directories, plan.instance));
      return { to: new Date().toISOString() };
    },

    /**
     * Turns writing off for everybody until the last hold is released, also beyond the end of the procedure. Stops the
     * writers, and later starts leave them stopped. Returns how many writes were still running after the limit.
     */
    async holdReadOnly(
      step: Fenced<{ instance: string; by: string; reason: string }>,
    ): Promise<{ at: Instant; writesLeft: number }> {
      const { instance, by, reason } = step;
      const holds = await readOnlyHolds(directories, instance);
      const own = holds.find((hold) => hold.by === by) ?? { by, reason, since: new Date().toISOString() };
      await writeHolds(directories, instance, [...holds.filter((hold) => hold.by !== by), { ...own, reason }]);
      await edge.setMode(edgeOf(instance), 'read-only');
      const { left } = await edge.drainWrites(edgeOf(instance), drainLimitMs, signalOfStep());
      await stopWritersOf(drivers, await openInstance(directories, instance));
      return { at: own.since, writesLeft: left };
    },

    /** Turns writing on and starts the writers, unless somebody else still holds the instance read-only. */
    async releaseReadOnly(step: Fenced<{ instance: string; by: string }>): Promise<{ at: Instant }> {
      const { instance, by } = step;
      const holds = await readOnlyHolds(directories, instance);
      const others = holds.filter((hold) => hold.by !== by);
      await writeHolds(directories, instance, others);
      if (others.length === 0) await edge.setMode(edgeOf(instance), 'open');
      const at = new Date().toISOString();
      if (others.length === 0) await serve(drivers, instance);
      return { at };
    },

    /** Closes the edge while the serving generation is changed. */
    async closeEdge({ instance }: Fenced<{ instance: string }>): Promise<{ at: string }> {
      await edge.setMode(edgeOf(instance), 'maintenance');
      return { at: new Date().toISOString() };
    },

    /** Reads pass again; writes wait until the result is verified. */
    async admitReads({ instance }: Fenced<{ instance: string }>): Promise<{ at: Instant; generation: Generation }> {
      const generation = await pointAtServing(instance);
      await edge.setMode(edgeOf(instance), 'read-only');
      return { at: new Date().toISOString(), generation };
    },

    /** Opens the edge to the serving generation; writes pass too, unless somebody holds the instance read-only. */
    async openEdge({ instance }: Fenced<{ instance: string }>): Promise<{ at: Instant; generation: Generation }> {
      const generation = await pointAtServing(instance);
      await edge.setMode(edgeOf(instance), await restingMode(directories, instance));
      return { at: new Date().toISOString(), generation };
    },

    /**
     * Stops release and stores, each with its own grace period; the edge goes on answering. With `built` also stops the
     * generation that runs beside, at the same time: a stopping store mostly only waits.
     */
    async stopServing({ built, lease }: Fenced<{ instance: string; built?: number }>): Promise<{ at: Instant }> {
      const at = new Date().toISOString();
      const ended = await Promise.allSettled([
        stopServing(lease),
        ...(built === undefined ? [] : [compose.down(builtProject(directories, lease, built), signalOfStep())]),
      ]);
      for (const end of ended) if (end.status === 'rejected') throw end.reason;
      return { at };
    },

    /** Starts every service of the serving generation and colour, and waits until all are healthy. Safe to repeat. */
    async startServing({ instance }: Fenced<{ instance: string }>): Promise<void> {
      await serve(drivers, instance);
    },

    /** Starts only the stores, and waits until they are healthy. */
    async startStores({ instance, lease }: Fenced<{ instance: string }>): Promise<void> {
      const { blueprint } = await openInstance(directories, instance);
      const services = storeServices(blueprint);
      await compose.up(projectOf(lease), { services, timeoutSeconds: startLimitSeconds }, signalOfStep());
    },
  };

  async function stopServing(of: Identity): Promise<void> {
    const { blueprint, record } = await openInstance(directories, of.instance);
    await compose.stop(projectOf(of), releaseServices(blueprint, record.colour), signalOfStep());
    await compose.stop(projectOf(of), storeServices(blueprint), signalOfStep());
  }

  function projectOf(of: Identity) {
    return servingProject(directories, of);
  }

  /** The release may have changed while the edge was closed. Returns the generation that serves. */
  async function pointAtServing(instance: string): Promise<Generation> {
    const { colour, generation } = await directories.record(instance);
    await edge.setColour(edgeOf(instance), colour);
    return generation;
  }

  async function refuseWrites(instance: string): Promise<void> {
    await edge.setMode(edgeOf(instance), 'read-only');
    const { left } = await edge.drainWrites(edgeOf(instance), drainLimitMs);
    if (left === 0) return;
    throw new DrydockError(
      'unhealthy',
      `wait for writes in flight on ${instance}: ${left} are still running after ${drainLimitMs / 1000} s`,
      {
        next: 'look at what the application is doing; the instance serves writes again',
      },
    );
  }
}
