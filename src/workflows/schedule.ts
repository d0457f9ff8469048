import type { BlueprintRef, InstanceName, Tier } from '../contracts/ids.ts';
import type { InstanceFacts } from '../contracts/lease.ts';
import { type ScheduleChange, scheduleContract } from '../contracts/night.ts';
import { explain } from '../failures.ts';
import { tell } from './parts/notices.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';

/**
 * Makes schedules fit tier and blueprint; removes those of instances that are gone.
 * After:   every night job has its schedule, and no other schedule of ours exists.
 * Failure: finished changes stay; starting this again does the rest.
 */
export const schedule = procedure({
  ...scheduleContract,
  steps: async (request, run) => {
    const { instances } =
      request.instance === undefined ? await run.control.nightInstances() : { instances: [request.instance] };
    const changes: ScheduleChange[] = [];
    for (const instance of instances) {
      const plan = await run.control.planSchedules({ instance });
      if (!request.dryRun) await run.control.applySchedules(plan); // repeating goes on: no undo
      changes.push(...plan.changes);
    }
    return { outcome: request.dryRun ? ('planned' as const) : ('applied' as const), changes: once(changes) };
  },
});

/** All instances share the watchman's schedule. */
function once(changes: readonly ScheduleChange[]): ScheduleChange[] {
  return [...new Map(changes.map((change) => [change.id, change])).values()];
}

type Source = Pick<InstanceFacts, 'instance' | 'host' | 'tier' | 'blueprint'>;

/** Gives a new instance its schedules; undoing the instance removes them. */
export async function beginNights(source: Source, run: Run): Promise<void> {
  const { instance, host, tier, blueprint } = source;
  run.undo.before('remove the schedules', () => run.control.removeSchedules({ instance }));
  await run.control.applySchedules(
    await run.control.planSchedules({ instance, nights: { instance, host, tier, blueprint } }),
  );
}

/** Changes schedules to another tier; returns what became of each. The undo brings back those of the old tier. */
export async function changeNights(source: Source, before: Tier, run: Run): Promise<ScheduleChange[]> {
  const { instance } = source;
  const planOf = (tier: Tier) => run.control.planSchedules({ instance, nights: { ...source, tier } });
  const plan = await planOf(source.tier);
  run.undo.before('put the schedules back', async () => run.control.applySchedules(await planOf(before)));
  await run.control.applySchedules(plan);
  return plan.changes;
}

/** Renews schedules after an instance changed. If that fails the old schedules stay, and a notice says so. */
export async function renewNights(instance: InstanceName, blueprint: BlueprintRef, run: Run): Promise<void> {
  try {
    await run.control.applySchedules(await run.control.planSchedules({ instance, blueprint }));
  } catch (error) {
    const text = `the schedules of ${instance} are still the old ones: ${explain(error).message}`;
    await tell(run, {
      event: 'schedules-not-renewed',
      instance,
      text,
      details: { next: `drydock schedule apply ${instance}` },
    });
  }
}
