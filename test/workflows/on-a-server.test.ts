import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Progress, StepRecord } from '../../src/contracts/progress.ts';
import type { UpgradeReport } from '../../src/contracts/upgrade.ts';
import { inProcess } from '../support/in-process.ts';
import { startLastingWorkers } from '../support/lasting-workers.ts';
import { type GoodRun, realRuns, recipients, releaseRuns } from '../support/procedure-cases.ts';
import { leaseBook, rehearse, stepsUntilNoReturn } from '../support/procedure-checks.ts';
import { createReleaseWorld, planHash, type ReleaseWorld } from '../support/release-world.ts';
import { type Carrier, type RunHandle, startRealTime } from '../support/temporal.ts';
import { startApplication } from '../support/world-application.ts';
import { endOf, makeSeeds } from '../support/world-runs.ts';
import { backup } from './fixtures/upgrades.ts';

type NamedRun = GoodRun & { name: string };

/** Runs one after the other, in memory and on a server; beside other lanes, since a run on a server mostly waits for it. */
interface Lane {
  readonly memory: Carrier;
  readonly server: Carrier;
  readonly runs: readonly NamedRun[];
  close(): Promise<unknown>;
}

let lanes: Lane[];
beforeAll(async () => {
  lanes = await Promise.all([
    realLane(({ index }) => index % 2 === 0),
    realLane(({ index }) => index % 2 === 1),
    releases(),
  ]);
}, 180_000);
afterAll(() => Promise.all((lanes ?? []).map((lane) => lane.close())));

/** A part of the runs over the real steps, with an application of its own. */
async function realLane(isMine: (run: { index: number }) => boolean): Promise<Lane> {
  const [server, application] = await Promise.all([startLastingWorkers(), startApplication()]);
  const memory = inProcess();
  const seeds = await makeSeeds(memory, application, ['graph', 'vectors', 'files'], { recipients });
  const named = Object.entries(await realRuns(application, seeds)).map(([name, run]) => ({ ...run, name }));
  const runs = named.filter((_, index) => isMine({ index }));
  return { memory, server, runs, close: () => Promise.all([server.close(), application.close()]) };
}

/** Upgrades and their later procedures, with a stand-in for the backup. */
async function releases(): Promise<Lane> {
  const server = await startLastingWorkers(upgrades);
  const memory = inProcess({ backup: (_, request) => backup(request as { instance: string }) });
  const runs = Object.entries(releaseRuns).map(([name, run]) => ({ ...run, name }));
  return { memory, server, runs, close: server.close };
}

const upgrades = new URL('./fixtures/upgrades.ts', import.meta.url);

/** Procedures with parallel steps, which are recorded in the order in which they happen to begin. */
const sideBySide = new Set(['backup', 'restore', 'drill', 'upgrade']);

/** Procedures whose steps are not undone: a switch is its own undo, writes stay, and a night reports its outcome. */
const onlyForward = new Set(['readOnly', 'hold', 'schedule', 'blueprint', 'report', 'adopt', 'watchman', 'nightJob']);

async function recordsOn(carrier: Carrier, { workflow, input, world }: NamedRun): Promise<unknown> {
  const { result, failure, leases } = await endOf<{ steps: StepRecord[] }>(carrier, world(), workflow, input);
  const plain = (name: string) => name.replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, 'SET');
  const steps = result.steps?.map(({ name, state }) => `${state}: ${plain(name)}`);
  const journal = leases.journal.map(({ procedure, outcome, leftBehind }) => ({ procedure, outcome, leftBehind }));
  const ordered = sideBySide.has(workflow) ? steps?.toSorted() : steps;
  return { failure: failure?.message, steps: ordered, journal };
}

const inEveryLane = (act: (lane: Lane) => Promise<void>) => () => Promise.all(lanes.map(act));

test(
  'every procedure writes down the same steps in memory and on a server',
  inEveryLane(async ({ memory, server, runs }) => {
    for (const run of runs) {
      const [here, there] = [await recordsOn(memory, run), await recordsOn(server, run)];
      expect(here, run.name).toMatchObject({ failure: undefined });
      expect(there, run.name).toEqual(here);
    }
  }),
  600_000,
);

describe('a cancellation on a server', () => {
  test(
    'leaves the world as it was, at three steps of every procedure',
    inEveryLane(async ({ memory, server, runs }) => {
      for (const run of runs.filter(({ workflow }) => !onlyForward.has(workflow))) {
        const steps = stepsUntilNoReturn(run, (await rehearse({ ...run, temporal: memory })).steps);
        const sampled = new Set(
          [0, Math.floor(steps.length / 2), steps.length - 1].flatMap((index) => steps[index]?.key ?? []),
        );
        for (const key of sampled) {
          const ending = await rehearse({ ...run, temporal: server }, { at: key, mishap: 'cancel' });
          const what = `${run.name}, cancelled at ${key}: ${ending.error}`;
          expect(ending.outcome, what).toBe('cancelled');
          expect(ending.after, what).toEqual(ending.before);
          expect(ending.leases.holders(), what).toEqual([]);
        }
      }
    }),
    900_000,
  );
});

describe.concurrent('an upgrade that waits goes on with workers that know only its history', () => {
  /** Begins with some workers and waits for `what`; goes on with others. */
  async function handedOver(
    world: ReleaseWorld,
    { what, ...request }: { what: string; approvedPlan?: string },
    goOn: (upgrade: RunHandle) => Promise<void>,
  ): Promise<void> {
    const { env, withWorkers, close } = await startRealTime(upgrades);
    const control = { ...world.control, ...leaseBook().activities };
    const taskQueue = `drydock-${randomUUID()}`;
    const workers = { control, hosts: world.hosts, taskQueue };
    const waits = async (upgrade: RunHandle) => {
      const seen = async () => expect((await upgrade.query<Progress>('progress')).waitingFor).toContain(what);
      await vi.waitFor(seen, { timeout: 60_000 }); // `expect.poll` needs the current test, and here two run at a time.
    };
    const args = [{ instance: 'pharma', to: 'stack@2.0.0', ...request }];
    const workflowId = `upgrade-${randomUUID()}`;
    try {
      // Otherwise the server would wait a while for the first workers, which remember the run.
      await withWorkers({ ...workers, workflowsFrom: 'history' }, async () => {
        await waits(await env.client.workflow.start('upgrade', { taskQueue, workflowId, args }));
      });
      await withWorkers(workers, async () => {
        const upgrade = env.client.workflow.getHandle(workflowId);
        await waits(upgrade);
        await goOn(upgrade);
      });
    } finally {
      await close();
    }
  }

  test('when it is approved', () =>
    handedOver(createReleaseWorld(), { what: 'waits for approval' }, async (upgrade) => {
      await upgrade.executeUpdate('approve', { args: [{ plan: planHash, by: 'alice' }] });
      const report = (await upgrade.result()) as UpgradeReport;
      expect(report.decisions).toMatchObject([{ decision: 'approved', by: 'alice' }]);
      expect(report.outcome).toBe('upgraded');
    }));

  test('when it is cancelled before its window', async () => {
    const isWeekend = [0, 6].includes(new Date().getUTCDay());
    const window = `${isWeekend ? 'wed' : 'sun'} 02:00-06:00 UTC`;
    const world = createReleaseWorld({ plan: { window } });
    const before = structuredClone(world.state);
    const asked = { what: `waits for the window ${window}`, approvedPlan: planHash };
    await handedOver(world, asked, async (upgrade) => {
      await upgrade.cancel();
      await expect(upgrade.result()).rejects.toBeInstanceOf(WorkflowFailedError);
      expect((await upgrade.describe()).status.name).toBe('CANCELLED');
      expect(world.state).toEqual(before);
    });
  });
});
