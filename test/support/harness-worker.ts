/** Entry of a host worker that ends itself with SIGKILL as its orders say, and also ends when its test is gone. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { activityInfo } from '@temporalio/activity';
import { z } from 'zod';
import type { HostActivities } from '../../src/activities/index.ts';
import { readHostConfig } from '../../src/config.ts';
import { createHostWorker } from '../../src/workers/host/worker.ts';
import { installRuntime } from '../../src/workers/run.ts';

/** Remembers over deaths which steps were killed, one JSON line each. */
const deathsFile = z.string();

export const KillOrders = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('never'), deaths: deathsFile }),
  /** Dies once, when the work of the nth step is done and Temporal does not know yet. */
  z.strictObject({ mode: z.literal('nth'), nth: z.int().positive(), deaths: deathsFile }),
  z.strictObject({
    /** Dies half way through a step, or when its work is done and Temporal does not know yet. */
    mode: z.enum(['middle', 'after']),
    /** How long each step took when nobody was killed, in milliseconds. Steps that are not named here are left alone. */
    steps: z.record(z.string(), z.number()),
    deaths: deathsFile,
  }),
]);
export type KillOrders = z.infer<typeof KillOrders>;
type InNamedSteps = Extract<KillOrders, { mode: 'middle' | 'after' }>;

export const Death = z.strictObject({
  step: z.string(),
  afterMs: z.number(),
  recordedMs: z.number(),
  /** A step beside this step was in its middle, and this step had only begun: it dies once more. */
  tooSoon: z.boolean(),
});
export type Death = z.infer<typeof Death>;

export function readDeaths(path: string): Death[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => Death.parse(JSON.parse(line)));
}

/** `backup capture-store-graph`: the same key in every run of a procedure, whatever came before the step. */
export function stepKey(workflowType: string, activityId: string): string {
  return `${workflowType} ${activityId.replace(/^step-\d+-/, '').replace(/-\d+$/, '')}`;
}

/** A running step that is to die. */
interface Doomed {
  since: number;
  done: boolean;
}

/** How long a step gives way to those that the last death interrupted: longer than `soonMs` (kill-harness.ts). */
const settleMs = 300;

type Surround = <Input, Output>(run: (input: Input) => Promise<Output>) => (input: Input) => Promise<Output>;

/** Wraps the steps so that the orders kill this process. */
function deadly(activities: HostActivities, orders: KillOrders): HostActivities {
  if (orders.mode === 'never') return activities;
  const surround = orders.mode === 'nth' ? deadlyOnce(orders) : deadlyInSteps(orders);
  const names = Object.keys(activities) as (keyof HostActivities)[];
  return Object.fromEntries(names.map((name) => [name, surround(activities[name] as never)])) as never;
}

function deadlyOnce({ nth, deaths }: { nth: number; deaths: string }): Surround {
  let begun = readDeaths(deaths).length > 0 ? Number.NaN : 0;
  return (run) => async (input) => {
    begun += 1;
    if (begun !== nth) return run(input);
    const since = Date.now();
    await run(input);
    const { activityId, workflowType } = activityInfo();
    endMyself(deaths, [{ step: stepKey(workflowType ?? '', activityId), afterMs: Date.now() - since, recordedMs: 0 }]);
    return new Promise(() => {});
  };
}

function endMyself(deaths: string, steps: (Omit<Death, 'tooSoon'> & { tooSoon?: boolean })[]): void {
  const lines = steps.map((step) => `${JSON.stringify({ tooSoon: false, ...step } satisfies Death)}\n`);
  appendFileSync(deaths, lines.join(''), { flush: true });
  process.kill(process.pid, 'SIGKILL');
}

/** Kills the process in each of the named steps once. */
function deadlyInSteps(orders: InNamedSteps): Surround {
  const deaths = readDeaths(orders.deaths);
  const interrupted = new Set(deaths.map(({ step }) => step));
  const killed = new Set(deaths.filter(({ tooSoon }) => !tooSoon).map(({ step }) => step));
  const doomed = new Map<string, Doomed>();
  let goingFirst = 0;

  /** Steps that died go first: a long step would lose all its attempts to the deaths of short steps beside it. */
  const first = async <Output>(work: () => Promise<Output>): Promise<Output> => {
    goingFirst += 1;
    try {
      return await work();
    } finally {
      goingFirst -= 1;
    }
  };
  const othersWentFirst = async (): Promise<void> => {
    do await sleep(settleMs);
    while (goingFirst > 0);
  };

  const die = (enough: (step: string, state: Doomed) => boolean): void => {
    const steps = [...doomed].map(([step, state]) => {
      const [afterMs, recordedMs] = [Date.now() - state.since, orders.steps[step] ?? 0];
      return { step, afterMs, recordedMs, tooSoon: !enough(step, state) };
    });
    endMyself(orders.deaths, steps);
  };
  /** Parallel steps that are in their middle too need no death of their own. */
  const dieInTheMiddle = (step: string): void =>
    die((name, { since }) => name === step || Date.now() - since > (orders.steps[name] ?? 0) / 4);
  /** Steps that run side by side wait for each other, so that one death serves them all. */
  const dieWhenAllAreDone = (): void => {
    if (doomed.size > 0 && [...doomed.values()].every(({ done }) => done)) die(() => true);
  };

  const doom = async <Output>(step: string, recordedMs: number, work: () => Promise<Output>): Promise<Output> => {
    const state: Doomed = { since: Date.now(), done: false };
    doomed.set(step, state);
    const timer = orders.mode === 'middle' ? setTimeout(() => dieInTheMiddle(step), recordedMs / 2) : undefined;
    try {
      await work();
      state.done = true;
    } finally {
      clearTimeout(timer);
      if (!state.done) doomed.delete(step);
      // The step was quicker than recorded: its work is done, and Temporal does not know yet.
      if (orders.mode === 'middle' && state.done) dieInTheMiddle(step);
      if (orders.mode === 'after') {
        await othersWentFirst();
        dieWhenAllAreDone();
      }
    }
    return new Promise<Output>(() => {});
  };

  return (run) => async (input) => {
    const { activityId, workflowType } = activityInfo();
    const step = stepKey(workflowType ?? '', activityId);
    const recordedMs = orders.steps[step];
    const work = () => run(input);
    if (recordedMs === undefined) return work();
    if (killed.has(step)) return first(work);
    if (interrupted.has(step)) return first(() => doom(step, recordedMs, work));
    await othersWentFirst();
    return doom(step, recordedMs, work);
  };
}

/** Everything is loaded before the test says go, so that the next life begins at once. */
async function main(): Promise<void> {
  const orders = KillOrders.parse(JSON.parse(process.env['KILL_ORDERS'] ?? '{}'));
  const config = readHostConfig(process.env);
  installRuntime(undefined);
  process.stdin.once('end', () => process.exit(1));
  await new Promise((resolve) => process.stdin.once('data', resolve));
  const worker = await createHostWorker(config, (activities) => deadly(activities, orders));
  await worker.run();
  process.exit(0);
}

if (process.argv[1] === import.meta.filename) await main();
