import { randomUUID } from 'node:crypto';
import { getClient } from '@temporalio/activity';
import { createLifeActivities } from '../../src/activities/catalogue/lives.ts';
import { createLeases } from '../../src/activities/claims/leases.ts';
import { createTurns } from '../../src/activities/claims/turns.ts';
import { createNightActivities } from '../../src/activities/nights/nights.ts';
import { createNoticeActivities } from '../../src/activities/nights/notices.ts';
import type { JournalEntry } from '../../src/contracts/journal.ts';
import type { InstanceState } from '../../src/contracts/lease.ts';
import type { NightOutcome } from '../../src/contracts/night.ts';
import { someFacts } from './builders.ts';
import { createFakeNotifier, type FakeNotifier } from './fakes/notifier.ts';
import { createFakeObjectStore } from './fakes/object-store.ts';
import { createFakeScheduler, type FakeScheduler } from './fakes/scheduler.ts';
import type { Activities, Carrier, RunHandle } from './temporal.ts';

/** An event of a night's procedure: it began, ended, or was undone. */
export interface Said {
  what: string;
  procedure: string;
  instance: string;
  at: string;
  waitMinutes?: number;
}

export type Job = { instance?: string | undefined; job?: string; dueAt?: string } & Record<string, unknown>;

export interface NightScene {
  readonly instances: readonly string[];
  readonly taskQueue: string;
  readonly said: Said[];
  readonly notifier: FakeNotifier;
  readonly scheduler: FakeScheduler;
  readonly journal: JournalEntry[];
  readonly objects: ReturnType<typeof createFakeObjectStore>;
  /** Steps, which a test may replace. */
  readonly control: Activities;
  /** Milliseconds, by the clock of the runs. */
  now(): Promise<number>;
  start(workflow: string, input: object, workflowId?: string): Promise<RunHandle>;
  /** Starts a job that is due now. */
  begin(job: Job): Promise<RunHandle>;
  /** Runs a job to its end, good or bad; returns the outcome that the instance keeps. */
  night(job: Job): Promise<NightOutcome | undefined>;
  state(instance?: string): Promise<InstanceState>;
}

/** Instances with their real entities and the real steps of nights; the procedures are those of fixtures/nights.ts. */
export async function nightScene(on: Carrier, count: number, act: (scene: NightScene) => Promise<void>): Promise<void> {
  const { client } = on.env;
  const tag = `n${randomUUID().slice(0, 6)}`;
  const taskQueue = `drydock-${tag}`;
  const instances = Array.from({ length: count }, (_, number) => `${tag}-${number}`);
  const said: Said[] = [];
  const journal: JournalEntry[] = [];
  const notifier = createFakeNotifier();
  const scheduler = createFakeScheduler();
  const objects = createFakeObjectStore();
  const control: Activities = {
    ...createLeases(getClient, taskQueue),
    ...createLifeActivities(getClient, objects),
    ...createTurns(getClient, taskQueue),
    ...createNightActivities(getClient, scheduler, objects),
    ...createNoticeActivities(objects, notifier),
    note: async (entry: Said) => void said.push(entry),
    writeJournal: async (entry: JournalEntry) => ({ key: String(journal.push(entry)) }),
  };
  const handles: RunHandle[] = [];
  const start: NightScene['start'] = async (workflow, input, workflowId = `${workflow}-${randomUUID()}`) => {
    const handle = await client.workflow.start(workflow, { taskQueue, workflowId, args: [input] });
    handles.push(handle);
    return handle;
  };
  const state: NightScene['state'] = (instance = instances[0] ?? '') =>
    client.workflow.getHandle(`instance/${instance}`).query<InstanceState>('state');
  const now = () => on.env.currentTimeMs();
  await on.withWorkers({ control, taskQueue }, async () => {
    try {
      for (const instance of instances) {
        const own = someFacts({ instance, host: `${tag}-h`, tier: 'premium' });
        await start('instance', { facts: own, lastToken: 0, waiting: [] }, `instance/${instance}`);
      }
      const begin: NightScene['begin'] = async ({ instance = instances[0], job = 'backup', ...more }) => {
        const dueAt = more.dueAt ?? new Date(await now()).toISOString();
        return start('nightJob', { instance, job, procedure: 'backup', turn: 'host', ...more, dueAt });
      };
      const night: NightScene['night'] = async (job) => {
        const handle = await begin(job);
        await handle.result().catch(() => {});
        return (await state(job.instance)).nights[job.job ?? 'backup'];
      };
      const steps = { said, notifier, scheduler, journal, objects, control };
      await act({ instances, taskQueue, ...steps, now, start, begin, night, state });
    } finally {
      handles.push(client.workflow.getHandle(`host/${tag}-h`));
      for (const handle of handles.reverse()) await on.end(handle).catch(() => {}); // where no job was heavy, the host has no entity
    }
  });
}
