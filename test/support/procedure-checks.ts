import { randomUUID } from 'node:crypto';
import { activityInfo, getClient } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import type { JournalEntry } from '../../src/contracts/journal.ts';
import { type InstanceFacts, leaseMessages } from '../../src/contracts/lease.ts';
import { DrydockError } from '../../src/errors.ts';
import { instanceId } from './builders.ts';
import { untilCancelled } from './runs.ts';
import type { Activities, Carrier } from './temporal.ts';

/** Fake activities over a world in memory. Lease and journal are not part of it: `leaseBook` supplies them. */
export interface World {
  readonly control: Activities;
  readonly hosts: Record<string, Activities>;
  /** State of the world, without times and random names; compared with `toEqual`. */
  snapshot(): unknown;
  /** Id of the instance that has this name. */
  idOf?(instance: string): Promise<string>;
}

export interface ProcedureCase {
  readonly temporal: Carrier;
  readonly workflow: string;
  readonly input: object;
  readonly world: () => World;
  /** The first step that is not undone, since the undo is cleared right after it. Without such a step, all are undone. */
  readonly pointOfNoReturn?: string;
  /** Steps whose failure changes nothing, such as telling somebody. */
  readonly harmless?: readonly string[];
  /** Further arguments, such as the lease of the outer procedure. */
  readonly more?: readonly unknown[];
}

/** Disturbances that every procedure must survive. Each has one test; a failure names the step. */
export function procedureChecks(checked: ProcedureCase): void {
  const timeout = 300_000;

  test(
    'every activity may run twice',
    async () => {
      const [once, twice] = [await rehearse(checked), await rehearse(checked, { repeat: 'all' })];
      expect(twice.outcome).toBe('done');
      expect(twice.after).toEqual(once.after);
    },
    timeout,
  );

  test(
    'a failure at any step before it did its work leaves the world as it was',
    async () => {
      await atEachStep(checked, 'fail before', {});
    },
    timeout,
  );

  test(
    'a failure at any step after it did its work leaves the world as it was, and every undo may run twice',
    async () => {
      await atEachStep(checked, 'fail after', { repeat: 'undo' });
    },
    timeout,
  );

  test(
    'a cancellation during any step leaves the world as it was',
    async () => {
      await atEachStep(checked, 'cancel', {});
    },
    timeout,
  );
}

interface Step {
  readonly activity: string;
  /** A name of a step that is equal in every run, also where parallel steps begin in another order. */
  readonly key: string;
}

type Mishap = 'fail before' | 'fail after' | 'cancel';

interface Disturbance {
  readonly repeat?: 'all' | 'undo';
  readonly at?: string;
  readonly mishap?: Mishap;
}

interface Rehearsal {
  readonly outcome: 'done' | 'failed' | 'cancelled';
  readonly before: unknown;
  readonly after: unknown;
  /** Steps in the order in which they began, without undo. */
  readonly steps: readonly Step[];
  /** Every activity that ran, also those of undo. */
  readonly ran: ReadonlySet<string>;
  readonly leases: LeaseBook;
  readonly error: string;
}

async function atEachStep(checked: ProcedureCase, mishap: Mishap, disturbance: Disturbance): Promise<void> {
  const { steps } = await rehearse(checked);
  for (const { activity, key } of stepsUntilNoReturn(checked, steps)) {
    if (mishap !== 'cancel' && checked.harmless?.includes(activity)) continue;
    const what = `${mishap} at ${key}`;
    const run = await rehearse(checked, { ...disturbance, at: key, mishap });
    expect(run.outcome, what).toBe(mishap === 'cancel' ? 'cancelled' : 'failed');
    expect(run.after, `${what}: ${run.error}`).toEqual(run.before);
    expect(run.leases.holders(), `${what}: nobody holds the lease`).toEqual([]);
    expect(run.leases.journal, `${what}: one journal entry`).toHaveLength(1);
    expect(run.leases.journal[0]?.leftBehind, what).toEqual([]);
  }
}

/** Steps that are undone when the run fails. */
export function stepsUntilNoReturn(
  { pointOfNoReturn }: Pick<ProcedureCase, 'pointOfNoReturn'>,
  steps: readonly Step[],
): readonly Step[] {
  if (pointOfNoReturn === undefined) return steps;
  const last = steps.findLastIndex(({ activity }) => activity === pointOfNoReturn);
  expect(last, `${pointOfNoReturn} is one of the steps`).toBeGreaterThanOrEqual(0);
  return steps.slice(0, last + 1);
}

export async function rehearse(checked: ProcedureCase, disturbance: Disturbance = {}): Promise<Rehearsal> {
  const world = checked.world();
  const leases = leaseBook();
  const steps: Step[] = [];
  const ran = new Set<string>();
  const disturbed = (activities: Activities) => disturb(activities, { steps, ran }, disturbance);
  const before = structuredClone(world.snapshot());
  const { env, withWorkers } = checked.temporal;
  const hosts = Object.fromEntries(
    Object.entries(world.hosts).map(([host, activities]) => [host, disturbed(activities)]),
  );
  const control = { ...disturbed(world.control), ...leases.activities };
  const ending = await withWorkers({ control, hosts }, async (taskQueue) => {
    const args = [checked.input, ...(checked.more ?? [])];
    const options = { taskQueue, workflowId: `${checked.workflow}-${randomUUID()}`, args };
    return endOf(env.client.workflow.execute(checked.workflow, options));
  });
  return { ...ending, before, after: structuredClone(world.snapshot()), steps, ran, leases };
}

async function endOf(result: Promise<unknown>): Promise<Pick<Rehearsal, 'outcome' | 'error'>> {
  try {
    await result;
    return { outcome: 'done', error: '' };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const outcome = error.cause instanceof CancelledFailure ? 'cancelled' : 'failed';
    return { outcome, error: error.cause?.message ?? '' };
  }
}

function disturb(
  activities: Activities,
  { steps, ran }: { steps: Step[]; ran: Set<string> },
  { repeat, at, mishap }: Disturbance,
): Activities {
  return Object.fromEntries(
    Object.entries(activities).map(([name, run]) => [
      name,
      async (input: unknown) => {
        ran.add(name);
        const undoing = activityInfo().activityId.startsWith('undo-');
        const hit = !undoing && activityInfo().attempt === 1 && begun(name, steps) === at;
        if (hit && mishap === 'fail before') throw ApplicationFailure.nonRetryable('broken on purpose', 'tool-failed');
        if (repeat === 'all' || (repeat === 'undo' && undoing)) await run(structuredClone(input));
        const result = await run(input);
        if (hit && mishap === 'cancel') await cancelRun();
        if (hit && mishap === 'fail after') throw ApplicationFailure.nonRetryable('broken on purpose', 'tool-failed');
        return result;
      },
    ]),
  );
}

/** Notes that a step began, and returns its key: its name and its number among runs of the same step. */
function begun(activity: string, steps: Step[]): string {
  const { activityId, workflowType } = activityInfo();
  const what = `${workflowType} ${activityId.replace(/^step-\d+-/, '')}`;
  const key = `${what} #${steps.filter((step) => step.key.startsWith(`${what} #`)).length + 1}`;
  steps.push({ activity, key });
  return key;
}

/** Cancels the procedure in the middle of its step, and ends as a cancelled step ends. */
async function cancelRun(): Promise<never> {
  const { workflowId } = runOf(activityInfo().workflowExecution);
  await getClient().workflow.getHandle(workflowId).cancel();
  return untilCancelled();
}

function runOf<T>(execution: T | undefined): T {
  if (execution === undefined) throw new Error('the activity does not belong to a workflow');
  return execution;
}

export interface LeaseBook {
  readonly activities: Activities;
  readonly journal: JournalEntry[];
  /** Facts sent with each release. */
  readonly released: Partial<InstanceFacts>[];
  holders(): string[];
}

/** Lease and journal without an entity: every request is granted at once. */
export function leaseBook(
  host = 'h1',
  idOfName: (instance: string) => Promise<string> = async () => instanceId,
): LeaseBook {
  const held = new Map<string, number>();
  const journal: JournalEntry[] = [];
  const released: Partial<InstanceFacts>[] = [];
  let token = 0;
  async function grant(instance: string, at: string, id: string) {
    if (!held.has(instance)) held.set(instance, ++token);
    const { workflowId, runId } = runOf(activityInfo().workflowExecution);
    const lease = { instance, id, host: at, token: held.get(instance) };
    await getClient().workflow.getHandle(workflowId, runId).signal(leaseMessages.granted, lease);
    return { host: at, id, position: 0 };
  }
  const activities: Activities = {
    requestLease: async ({ instance, id: wanted }) => {
      const id = await idOfName(instance);
      if (wanted !== undefined && wanted !== id) throw new DrydockError('refused', `${wanted} is gone`);
      return grant(instance, host, id);
    },
    registerInstance: ({ facts }) => grant(facts.instance, facts.host, facts.id),
    withdrawRequest: async ({ instance }) => void held.delete(instance),
    releaseLease: async ({ instance, facts }) => {
      held.delete(instance);
      released.push(facts);
    },
    describeClaimant: async () => ({ state: 'open' }),
    writeJournal: async (entry: JournalEntry) => {
      journal.push(entry);
      return { key: `journal-${journal.length}` };
    },
  };
  return { activities, journal, released, holders: () => [...held.keys()] };
}
