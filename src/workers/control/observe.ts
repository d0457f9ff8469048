import type { Client } from '@temporalio/client';
import { askState } from '../../activities/claims/instance-state.ts';
import type { InstanceState } from '../../contracts/lease.ts';
import type { Source } from '../../contracts/metrics.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import {
  catalogueSamples,
  entitySamples,
  journalSamples,
  objectiveSamples,
} from '../../model/metrics/instance-samples.ts';
import { type ScheduleView, scheduleSamples } from '../../model/metrics/schedule-samples.ts';
import { runningInstances } from '../../running-instances.ts';
import type { Observer, Round } from '../observer.ts';
import { type CatalogueViews, createCatalogueViews } from './catalogue-view.ts';

const perInstance = ['entity', 'blueprint', 'catalogue', 'journal'] as const satisfies Source[];

export const controlSources: readonly Source[] = ['instances', ...perInstance, 'schedules'];

/** Time between two rounds, in milliseconds. Each round reads the evidence about every set again. */
export const controlEveryMs = 120_000;

/** The control worker's knowledge of instances: from their entities, the catalogue, the journal and the schedules. */
export function controlRound({ client, objects }: { client: Client; objects: ObjectStore }): Round {
  const views = createCatalogueViews(objects);
  return async (observer) => {
    const names = await observer.ask('instances', () => runningInstances(client));
    if (names !== undefined) {
      for (const source of perInstance) observer.keepOnly(source, names);
      for (const instance of names) await observeInstance(observer, views, instance, client);
    }
    await observer.observe('schedules', '', async () => scheduleSamples(await schedulesOf(client)));
  };
}

async function observeInstance(
  observer: Observer,
  views: CatalogueViews,
  instance: string,
  client: Client,
): Promise<void> {
  let state: InstanceState | undefined;
  await observer.observe('entity', instance, async () => {
    state = await askState(client, instance);
    if (state === undefined) throw new DrydockError('not-found', `look at instance ${instance}: it has just ended`);
    return entitySamples(state);
  });
  // An instance under construction or removed has no promises.
  if (state?.facts.status === 'serving') {
    const { tier, blueprint } = state.facts;
    await observer.observe('blueprint', instance, async () =>
      objectiveSamples(instance, tier, await views.blueprint(blueprint)),
    );
  }
  if (state === undefined) return;
  const { id } = state.facts;
  const of = { instance: state.facts.instance, id };
  await observer.observe('catalogue', instance, async () => catalogueSamples(instance, await views.catalogue(of)));
  await observer.observe('journal', instance, async () => {
    const { runs, drill } = await views.journal(of);
    return journalSamples(instance, runs, drill);
  });
}

async function schedulesOf(client: Client): Promise<ScheduleView[]> {
  const schedules: ScheduleView[] = [];
  for await (const { scheduleId: id, action, state, info } of client.schedule.list()) {
    schedules.push({
      id,
      procedure: action?.workflowType ?? '',
      paused: state.paused,
      last: info.recentActions.at(-1),
      nextAt: info.nextActionTimes[0],
    });
  }
  return schedules;
}
