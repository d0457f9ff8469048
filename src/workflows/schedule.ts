import type { BlueprintRef, InstanceName, Tier } from '../contracts/ids.ts';
import type { InstanceFacts } from '../contracts/lease.ts';
import { type ScheduleChange, scheduleContract } from '../contracts/night.ts';
import { explain } from '../failures.ts';
import { tell } from './parts/notices.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';

/**
 * Makes schedules what tier and blueprint ask for; takes away those of instances that are gone.
 * After:   every job of a night has its schedule, and there is no other of ours.
 * Failure: what was changed stays changed; starting this again does the rest.
 */
export const schedule = procedure({
  ...scheduleContract,
  steps: async (request, run) => {
    const { instances } =
      request.instance === undefined ? await run.control.nightInstances() : { instances: [request.instance] };
    const changes: ScheduleChange[] = [];
    for (const instance of instances) {
      const plan = await run.control.planSchedules({ instance });
      if (!request.dryRun) await run.control.applySchedules(plan); // repeated, it goes on: no undo
      changes.push(...plan.changes);
    }
    return { outcome: request.dryRun ? ('planned' as const) : ('applied' as const), changes: once(changes) };
  },
});

/** The watchman belongs to all of them. */
function once(changes: readonly ScheduleChange[]): ScheduleChange[] {
  return [...new Map(changes.map((change) => [change.id, change])).values()];
}

type Source = Pick<InstanceFacts, 'instance' | 'host' | 'tier' | 'blueprint'>;

/** Gives a new instance its nights; they go with it when it is taken back. */
export async function beginNights(source: Source, run: Run): Promise<void> {
  const { instance, host, tier, blueprint } = source;
  run.undo.before('remove the schedules', () => run.control.removeSchedules({ instance }));
  await run.control.applySchedules(
    await run.control.planSchedules({ instance, nights: { instance, host, tier, blueprint } }),
  );
}

/** After another tier was sold: answers what became of each schedule. Those of the tier before come back when that is undone. */
export async function changeNights(source: Source, before: Tier, run: Run): Promise<ScheduleChange[]> {
  const { instance } = source;
  const planOf = (tier: Tier) => run.control.planSchedules({ instance, nights: { ...source, tier } });
  const plan = await planOf(source.tier);
  run.undo.before('put the schedules back', async () => run.control.applySchedules(await planOf(before)));
  await run.control.applySchedules(plan);
  return plan.changes;
}

/** After a change of what an instance is. Without it the old nights go on, and somebody is told. */
export async function renewNights(instance: InstanceName, blueprint: BlueprintRef, run: Run): Promise<void> {
  try {
    await run.control.applySchedules(await run.control.planSchedules({ instance, blueprint }));
  } catch (error) {
    const text = `the schedules of ${instance} are still those of before: ${explain(error).message}`;
    await tell(run, {
      event: 'schedules-not-renewed',
      instance,
      text,
      details: { next: `drydock schedule apply ${instance}` },
    });
  }
}

/** After the instance was made known again: what it says of itself decides. */
export async function renewSchedules(instance: InstanceName, run: Run): Promise<void> {
  await run.control.applySchedules(await run.control.planSchedules({ instance }));
}

/** Before anything of an instance is removed: no job shall begin any more. */
export async function endNights(instance: InstanceName, run: Run): Promise<void> {
  await run.control.removeSchedules({ instance });
}
