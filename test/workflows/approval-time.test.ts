import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Progress } from '../../src/contracts/progress.ts';
import type { UpgradeReport } from '../../src/contracts/upgrade.ts';
import { inProcess } from '../support/in-process.ts';
import { leaseBook } from '../support/procedure-checks.ts';
import { createReleaseWorld, planHash, type ReleaseWorld } from '../support/release-world.ts';
import { failureOf } from '../support/runs.ts';
import type { Activities, RunHandle } from '../support/temporal.ts';
import { backup } from './fixtures/upgrades.ts';

const temporal = inProcess({ backup: (_, request) => backup(request as { instance: string }) });

const message = { plan: planHash, by: 'alice' };
const dayMs = 24 * 3_600_000;
const weekMs = 7 * dayMs;
/** A window that opens in two to three days, so that it is neither open nor announced when a test begins. */
const weekly = `${dayOf(Date.now() + 3 * dayMs)} 02:00-06:00 UTC`;

function workersOf(world: ReleaseWorld, leases: Activities = leaseBook().activities) {
  const taskQueue = `drydock-${randomUUID()}`;
  const control = { ...world.control, ...leases };
  return {
    run: <T>(work: () => Promise<T>) => temporal.withWorkers({ control, hosts: world.hosts, taskQueue }, work),
    start: (input: object = {}) =>
      temporal.env.client.workflow.start('upgrade', {
        taskQueue,
        workflowId: `upgrade-${randomUUID()}`,
        args: [{ instance: 'pharma', to: 'stack@2.0.0', ...input }],
      }),
  };
}

const waitOf = async (upgrade: RunHandle) => (await upgrade.query<Progress>('progress')).waitingFor ?? 'nothing';

async function untilItWaitsFor(upgrade: RunHandle, what: string): Promise<void> {
  await expect.poll(() => waitOf(upgrade), { timeout: 20_000, interval: 30 }).toContain(what);
}

test('an approval counts after a day of waiting', async () => {
  const { run, start } = workersOf(createReleaseWorld());
  await run(async () => {
    const upgrade = await start({ approvalHours: 30 });
    await untilItWaitsFor(upgrade, 'waits for approval');
    await temporal.env.sleep(dayMs);
    await untilItWaitsFor(upgrade, 'waits for approval');
    await upgrade.executeUpdate('approve', { args: [message] });
    const report = (await upgrade.result()) as UpgradeReport;
    const [first] = report.decisions;
    expect(first).toMatchObject({ decision: 'approved', by: 'alice' });
    const waitedMs = Date.parse(first?.at ?? '') - Date.parse(report.steps[0]?.startedAt ?? '');
    expect(waitedMs).toBeGreaterThan(23.9 * 3_600_000);
  });
});

test('a plan nobody approves in time is undone, and an approval is late by then', async () => {
  const world = createReleaseWorld();
  const before = structuredClone(world.state);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: undoing, resolve: undoes } = Promise.withResolvers<void>();
  const remove = world.h1['removeRelease'];
  world.h1['removeRelease'] = async (given) => {
    undoes();
    await released;
    return remove?.(given);
  };
  const { run, start } = workersOf(world);
  await run(async () => {
    const upgrade = await start();
    await untilItWaitsFor(upgrade, 'waits for approval');
    await temporal.env.sleep(dayMs);
    await undoing;
    await expect(upgrade.executeUpdate('approve', { args: [message] })).rejects.toMatchObject({
      cause: { type: 'refused', message: expect.stringContaining('nobody decided until') },
    });
    release();
    expect(await failureOf(upgrade)).toMatchObject({
      type: 'not-approved',
      message: expect.stringMatching(/wait for approval of plan \S+: 0 of 1 approvals until .* UTC/),
    });
    expect(world.state).toEqual(before);
  });
});

test('an approved upgrade waits for its window, and everybody is told half an hour before', async () => {
  const world = createReleaseWorld({ plan: { window: weekly } });
  const { run, start } = workersOf(world);
  await run(async () => {
    const upgrade = await start();
    await untilItWaitsFor(upgrade, 'waits for approval');
    await upgrade.executeUpdate('approve', { args: [message] });
    await untilItWaitsFor(upgrade, `waits for the window ${weekly}, which opens at `);
    const events = () => world.told.map(({ event }) => event);
    expect(events()).toEqual(['upgrade-waits-for-approval']);

    const opensAt = openingOf(await waitOf(upgrade));
    const now = await temporal.env.currentTimeMs();
    expect(opensAt - now).toBeLessThan(weekMs);
    await temporal.env.sleep(opensAt - now - 29 * 60_000);
    await expect.poll(events, { timeout: 20_000 }).toEqual(['upgrade-waits-for-approval', 'upgrade-announced']);
    expect(world.told[1]?.text).toMatch(/begins at \S+ 02:00:00 UTC; it refuses writes for a while/);
    expect(await waitOf(upgrade)).toContain('waits for the window');
    expect(world.migrated).toEqual([]);

    const report = (await upgrade.result()) as UpgradeReport;
    const begun = report.steps.find(({ name }) => name === 'check unchanged');
    expect(Date.parse(begun?.startedAt ?? '')).toBeGreaterThanOrEqual(opensAt);
    expect(report.outcome).toBe('upgraded');
  });
});

test('what gets its turn too late to end with the window waits for the next one', async () => {
  const world = createReleaseWorld({ plan: { window: weekly } });
  const leases = leaseBook().activities;
  const holder = { procedure: 'backup', workflowId: 'backup-1', runId: 'r', since: '2026-11-21T03:00:00.000Z' };
  let state: 'free' | 'busy' = 'free';
  const { run, start } = workersOf(world, {
    ...leases,
    requestLease: async (given) =>
      state === 'free' ? leases['requestLease']?.(given) : { host: 'h1', position: 1, holder },
  });
  await run(async () => {
    const upgrade = await start({ approvedPlan: planHash });
    await untilItWaitsFor(upgrade, `waits for the window ${weekly}`);
    const opensAt = openingOf(await waitOf(upgrade));
    state = 'busy';
    await temporal.env.sleep(opensAt - (await temporal.env.currentTimeMs()) + 3.8 * 3_600_000);
    await untilItWaitsFor(upgrade, 'waits for backup (backup-1)');
    state = 'free';
    await temporal.env.sleep(31 * 60_000);
    await untilItWaitsFor(upgrade, `waits for the window ${weekly}`);
    expect(openingOf(await waitOf(upgrade))).toBe(opensAt + weekMs);
    expect(world.migrated).toEqual([]);
    expect(((await upgrade.result()) as UpgradeReport).outcome).toBe('upgraded');
  });
});

function dayOf(ms: number): string {
  return ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][new Date(ms).getUTCDay()] ?? 'sun';
}

/** `… which opens at 2026-11-22 02:00:00 UTC` */
function openingOf(wait: string): number {
  const [, opens = ''] = /opens at (.*) UTC/.exec(wait) ?? [];
  return Date.parse(`${opens.replace(' ', 'T')}Z`);
}
