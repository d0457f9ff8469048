import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { BlueprintRef, HostName, InstanceName, Instant, Tier } from '../../contracts/ids.ts';
import { entityId, type InstanceState } from '../../contracts/lease.ts';
import {
  type Hold,
  NightJob,
  type NightOutcome,
  nightMessages,
  type Overlooked,
  type ScheduleChange,
  schedulePrefix,
  type WantedSchedule,
} from '../../contracts/night.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError, describeError } from '../../errors.ts';
import { wantedSchedules, watchmanSchedule } from '../../model/nights/night.ts';
import { leftOutBefore, overlooked, silentSince } from '../../model/nights/overlooked.ts';
import { scheduleChanges } from '../../model/nights/schedule-changes.ts';
import { runningInstances } from '../../running-instances.ts';
import { askState } from '../claims/instance-state.ts';
import { ifThere, unavailable } from '../claims/leases.ts';
import { fetchBlueprint } from '../instance/instances.ts';
import type { Scheduler } from './scheduler.ts';

/** What an instance's schedules follow from. */
export interface NightsOf {
  instance: InstanceName;
  host: HostName;
  tier: Tier;
  blueprint: BlueprintRef;
}

/** Name under which an instance remembers whether its schedules are as they should be. */
const schedulesJob = 'schedules';

/** Steps that make schedules and look after the jobs that schedules start. Each may run twice. */
export function createNightActivities(
  client: () => Client,
  scheduler: Scheduler,
  objects: ObjectStore,
  switched: 'on' | 'off' = 'on',
) {
  return {
    /** What a job must know before it begins; `not-found` if there is no such instance. */
    async observeNight({ job, dueAt }: { job: NightJob; dueAt: Instant }): Promise<{
      host: HostName;
      status: string;
      hold: Hold | undefined;
      last: NightOutcome | undefined;
      /** Earlier scheduled times at which the job did not run. */
      leftOut: Instant[];
    }> {
      const state = await stateOf(job.instance);
      if (state === undefined) throw gone(job.instance);
      const { facts, hold, nights } = state;
      const last = nights[job.job];
      return {
        host: facts.host,
        status: facts.status,
        hold,
        last,
        leftOut: await leftOutOf(job, dueAt, last),
      };
    },

    /** Succeeds if the instance is gone: then nobody needs the outcome. */
    async recordNight({ instance, outcome }: { instance: InstanceName; outcome: NightOutcome }): Promise<void> {
      await ifThere(() => entity(instance).signal(nightMessages.ended, outcome));
    },

    /** Sets or removes the hold on night jobs. */
    async setHold({ instance, hold }: { instance: InstanceName; hold?: Hold }): Promise<void> {
      try {
        await entity(instance).signal(nightMessages.hold, hold ?? null);
      } catch (error) {
        throw error instanceof WorkflowNotFoundError ? gone(instance) : unavailable(error);
      }
    },

    /** Instances that exist, and instances of which only schedules are left. */
    async nightInstances(): Promise<{ instances: InstanceName[] }> {
      const named = (await scheduler.ids('night/')).map((id) => id.split('/')[1] ?? '');
      return { instances: [...new Set([...(await runningInstances(client())), ...named])].sort() as InstanceName[] };
    },

    /**
     * Compares schedules with what they should be. Without `nights` asks the instance itself: a removed instance should
     * have none, one that is being made is left to its procedure. `blueprint` is the one it gets from its upgrade.
     */
    async planSchedules(step: { instance: InstanceName; nights?: NightsOf; blueprint?: BlueprintRef }): Promise<{
      changes: ScheduleChange[];
    }> {
      const { instance, nights, blueprint } = step;
      const known = nights === undefined ? (await stateOf(instance))?.facts : undefined;
      if (known?.status === 'provisioning') return { changes: [] };
      const facts = nights ?? (known && { ...known, blueprint: blueprint ?? known.blueprint });
      const there = facts !== undefined && known?.status !== 'decommissioned';
      const wanted = there && switched === 'on' ? [...(await wantedOf(facts)), watchmanSchedule] : [];
      const changes = await changesOf(instance, wanted);
      if (!there && changes.length === 0) throw gone(instance);
      return { changes };
    },

    async applySchedules({ changes }: { changes: ScheduleChange[] }): Promise<void> {
      for (const { id, change, wanted } of changes) {
        if (change === 'delete') await scheduler.remove(id);
        else if (wanted !== undefined) await scheduler.put(wanted);
      }
    },

    /** Removes only our schedules: somebody else's schedule may have a similar name. */
    async removeSchedules({ instance }: { instance: InstanceName }): Promise<void> {
      for (const id of await scheduler.ids(schedulePrefix(instance))) {
        if ((await scheduler.look(id))?.ours === true) await scheduler.remove(id);
      }
    },

    /** Jobs that should have run but did not report, and schedules that are not as they should be. */
    async lookAfterNights({ at }: { at: Instant }): Promise<{ overlooked: Overlooked[]; problems: string[] }> {
      const found: Overlooked[] = [];
      const problems: string[] = [];
      for (const instance of await runningInstances(client())) {
        try {
          const state = await stateOf(instance as InstanceName);
          if (state?.facts.status !== 'serving') continue;
          const wanted = await wantedOf(state.facts);
          found.push(...(await overlookedOf(state, wanted, new Date(at))), ...(await differenceOf(state, wanted, at)));
        } catch (error) {
          // An instance that cannot be inspected must not hide the others; it is reported as a problem.
          problems.push(`look at ${instance}: ${describeError(error)}`);
        }
      }
      return { overlooked: found, problems };
    },
  };

  function entity(instance: string) {
    return client().workflow.getHandle(entityId(instance));
  }

  async function stateOf(instance: string): Promise<InstanceState | undefined> {
    return askState(client(), instance);
  }

  async function wantedOf({ blueprint: ref, ...source }: NightsOf): Promise<WantedSchedule[]> {
    const { blueprint } = await fetchBlueprint(objects, ref);
    return wantedSchedules(source, blueprint);
  }

  async function leftOutOf(
    { instance, job, when }: NightJob,
    dueAt: Instant,
    last: NightOutcome | undefined,
  ): Promise<Instant[]> {
    const schedule = when === undefined ? undefined : await scheduler.look(schedulePrefix(instance) + job);
    if (when === undefined || schedule === undefined) return [];
    const { changedAt } = schedule;
    return leftOutBefore(new Date(dueAt), { when, last, changedAt }).map((time) => time.toISOString());
  }

  async function overlookedOf(
    { facts, nights }: InstanceState,
    wanted: WantedSchedule[],
    now: Date,
  ): Promise<Overlooked[]> {
    const found: Overlooked[] = [];
    for (const { id, when, input } of wanted) {
      const job = NightJob.parse(input);
      const last = nights[job.job];
      if (silentSince({ job, when, last }, now) === undefined) continue;
      const schedule = await scheduler.look(id);
      const outcome = overlooked({ job, when, last, schedule }, now);
      if (outcome !== undefined) found.push({ instance: facts.instance, outcome });
    }
    return found;
  }

  /** Reports a difference when it appears and when it is gone. A procedure at work may be changing the schedules. */
  async function differenceOf(
    { facts, holder, nights }: InstanceState,
    wanted: WantedSchedule[],
    at: Instant,
  ): Promise<Overlooked[]> {
    if (holder !== undefined) return [];
    const { instance } = facts;
    const changes = await changesOf(instance, [...wanted, watchmanSchedule]);
    const differ = changes.filter(({ change }) => change !== 'unchanged');
    const said = differ.map(({ id, change, words }) => `${change} ${id} (${words})`).join(', ');
    const why = said === '' ? undefined : `its schedules differ from its blueprint and tier: ${said}`;
    const last = nights[schedulesJob];
    if (why === last?.why) return [];
    const problem = why === undefined ? {} : { why, next: `drydock schedule apply ${instance}` };
    const outcome = why === undefined ? ('done' as const) : ('failed' as const);
    return [{ instance, outcome: { job: schedulesJob, outcome, dueAt: at, at, ...problem } }];
  }

  async function changesOf(instance: string, wanted: WantedSchedule[]): Promise<ScheduleChange[]> {
    const ids = new Set([...wanted.map(({ id }) => id), ...(await scheduler.ids(schedulePrefix(instance)))]);
    const present = await Promise.all([...ids].map((id) => scheduler.look(id)));
    return scheduleChanges(
      wanted,
      present.filter((one) => one !== undefined),
    );
  }
}

function gone(instance: string): DrydockError {
  return new DrydockError('not-found', `no instance ${instance}`, { next: 'drydock status lists the instances' });
}
