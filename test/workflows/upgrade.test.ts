import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UpgradeReport } from '../../src/contracts/upgrade.ts';
import { DrydockError } from '../../src/errors.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { createReleaseWorld, planHash, type ReleaseWorld } from '../support/release-world.ts';
import { startTimeSkipping, type TimeSkipping } from '../support/temporal.ts';
import { endOf } from '../support/world-runs.ts';

let temporal: TimeSkipping;
beforeAll(async () => {
  temporal = await startTimeSkipping(new URL('./fixtures/upgrades.ts', import.meta.url));
});
afterAll(() => temporal?.close());

const input = { instance: 'pharma', to: 'stack@2.0.0', approvedPlan: planHash, graceHours: 0 };
const weekly = { window: 'sun 02:00-06:00 UTC' };

describe('beside, after waiting for its window without the lease', () => {
  procedureChecks({
    temporal: () => temporal,
    workflow: 'upgrade',
    input,
    world: () => createReleaseWorld({ plan: weekly }),
    pointOfNoReturn: 'watchRelease',
    harmless: ['notify'],
  });
});

describe('on a copy', () => {
  procedureChecks({
    temporal: () => temporal,
    workflow: 'upgrade',
    input,
    world: () => createReleaseWorld({ way: 'on-copy' }),
    pointOfNoReturn: 'watchRelease',
    harmless: ['notify'],
  });
});

/** Steps of the host in order, with the colour or generation they are about. */
function recorded(world: ReleaseWorld): string[] {
  const calls: string[] = [];
  for (const steps of [world.h1, world.control]) {
    for (const [name, run] of Object.entries(steps)) {
      steps[name] = async (given) => {
        const subject = given?.migration?.name ?? given?.colour ?? given?.generation ?? given?.event ?? '';
        calls.push(`${name} ${subject}`.trim());
        return run(given);
      };
    }
  }
  return calls;
}

async function upgradeOf(world: ReleaseWorld, request: object = input) {
  return endOf<UpgradeReport>(temporal, world, 'upgrade', request);
}

describe('an upgrade beside', () => {
  test('takes every step in order and says what came of it', async () => {
    const world = createReleaseWorld();
    const calls = recorded(world);
    const { result, leases, failure } = await upgradeOf(world);
    expect(failure?.message).toBeUndefined();
    expect(calls).toEqual([
      'upgradeHistory',
      'planUpgrade',
      'prepareRelease',
      'startRelease',
      'smokeRelease',
      'notify upgrade-announced',
      'checkUnchanged',
      'notify upgrade-begins',
      'measureTraffic blue',
      'recentSet',
      'holdReadOnly',
      'migrate slugs',
      'migrate fill',
      'smokeRelease',
      'stopWriters blue',
      'routeTo green',
      'drainRelease blue',
      'exchangeRelease green',
      'releaseReadOnly',
      'startServing',
      'verifyInstance',
      'watchRelease',
      'planSchedules',
      'applySchedules',
      'stopRelease blue',
      'addresses',
      'notify upgrade-ended',
    ]);
    expect(result).toMatchObject({
      procedure: 'upgrade',
      outcome: 'upgraded',
      decisions: [{ decision: 'approved', plan: planHash, by: 'request', through: 'request' }],
      safetySet: '20261121T030000Z-00000001',
      migrated: ['slugs', 'fill'],
      unavailableMs: 0,
      traffic: { before: { averageMs: 5 }, after: { averageMs: 6 } },
      notifications: [{ event: 'upgrade-announced' }, { event: 'upgrade-begins' }, { event: 'upgrade-ended' }],
      addresses: { app: 'http://127.0.0.1:8000' },
    });
    expect(result.readOnlyMs).toBeGreaterThanOrEqual(0);
    expect(leases.released[0]).toEqual({
      blueprint: 'stack@2.0.0',
      colour: 'green',
      generation: 1,
      addresses: { app: 'http://127.0.0.1:8000' },
    });
    expect(world.state).toMatchObject({
      record: { colour: 'green' },
      edge: { colour: 'green', mode: 'open' },
      holds: [],
    });
  });

  test('is done although its nights could not be renewed, which is told', async () => {
    const world = createReleaseWorld();
    world.control['planSchedules'] = async () => Promise.reject(ApplicationFailure.nonRetryable('away', 'unavailable'));
    const { result } = await upgradeOf(world);
    expect(result).toMatchObject({ outcome: 'upgraded' });
    expect(world.told).toContainEqual({
      event: 'schedules-not-renewed',
      text: expect.stringMatching(/^the schedules of pharma are still those of before: .*away/),
    });
  });

  test('refuses no writes when nothing needs it, and takes a set when there is no recent one', async () => {
    const world = createReleaseWorld({ plan: { migrations: [], readOnly: { needed: 'no' } } });
    world.control['recentSet'] = async () => ({});
    const calls = recorded(world);
    const { result } = await upgradeOf(world);
    expect(result).toMatchObject({ outcome: 'upgraded', safetySet: '20261121T030000Z-00000002', readOnlyMs: 0 });
    expect(calls).not.toContain('holdReadOnly');
    expect(calls).not.toContain('releaseReadOnly');
  });

  test('only plans when nothing else is wanted', async () => {
    const world = createReleaseWorld();
    const calls = recorded(world);
    const { result } = await upgradeOf(world, { instance: 'pharma', to: 'stack@2.0.0', planOnly: true });
    expect(result).toMatchObject({ outcome: 'planned', plan: { hash: planHash }, decisions: [], notifications: [] });
    expect(calls).toEqual(['upgradeHistory', 'planUpgrade']);
  });

  test('does not migrate while a write goes on', async () => {
    const world = createReleaseWorld();
    const before = structuredClone(world.state);
    const hold = world.h1['holdReadOnly'];
    world.h1['holdReadOnly'] = async (given) => ({ ...((await hold?.(given)) as object), writesLeft: 3 });
    const { failure } = await upgradeOf(world);
    expect(failure).toMatchObject({ type: 'unhealthy', message: expect.stringContaining('3 writes do not end') });
    expect(world.migrated).toEqual([]);
    expect(world.state).toEqual(before);
  });

  test('tells that it does not take place when it was announced and then undone', async () => {
    const world = createReleaseWorld();
    world.h1['migrate'] = async () => {
      throw new DrydockError('mismatch', 'migrate slugs: a slug is taken');
    };
    const { failure } = await upgradeOf(world);
    expect(failure).toMatchObject({ type: 'mismatch' });
    expect(failure?.message).toContain('undone: admit writes again, say that it does not take place, remove green');
    expect(world.told.map(({ event }) => event)).toEqual(['upgrade-announced', 'upgrade-begins', 'upgrade-called-off']);
  });

  test('is not stopped by what cannot be told', async () => {
    const world = createReleaseWorld();
    world.control['notify'] = async ({ event }) => {
      if (event === 'upgrade-announced') return { event, at: new Date().toISOString(), outcome: 'nobody-to-tell' };
      throw ApplicationFailure.nonRetryable('nobody listens', 'unavailable');
    };
    const { result } = await upgradeOf(world);
    expect(result.notifications).toMatchObject([
      { event: 'upgrade-announced', outcome: 'nobody-to-tell' },
      { event: 'upgrade-begins', outcome: 'failed', problem: expect.stringContaining('nobody listens') },
      { event: 'upgrade-ended', outcome: 'failed' },
    ]);
  });
});

describe('an upgrade on a copy', () => {
  test('migrates the copy, tries the release on it, and exchanges both', async () => {
    const world = createReleaseWorld({ way: 'on-copy' });
    const calls = recorded(world);
    const { result, leases, failure } = await upgradeOf(world);
    expect(failure?.message).toBeUndefined();
    expect(calls.slice(calls.indexOf('measureTraffic blue') + 1)).toEqual([
      'prepareRelease',
      'holdReadOnly',
      'readManifest',
      'planCopy',
      'fetchArtifacts',
      'checkStore',
      'createGeneration',
      'loadStore',
      'startGeneration',
      'loadRunningStore',
      'compareStore',
      'verifyGeneration',
      'migrate slugs',
      'migrate fill',
      'startReleaseOnCopy',
      'smokeReleaseOnCopy',
      'stopGeneration 2',
      'closeEdge',
      'stopServing',
      'switchGeneration 2',
      'exchangeRelease green',
      'startServing',
      'smoke',
      'admitReads',
      'verifyInstance',
      'noteContents 2',
      'openEdge',
      'releaseReadOnly',
      'discardStaging',
      'watchRelease',
      'planSchedules',
      'applySchedules',
      'stopRelease blue',
      'addresses',
      'notify upgrade-ended',
    ]);
    expect(result).toMatchObject({ outcome: 'upgraded', safetySet: '20261121T030000Z-00000002' });
    expect(leases.released).toContainEqual(expect.objectContaining({ colour: 'green', generation: 2 }));
    expect(world.state).toMatchObject({ record: { colour: 'green', generation: 2 }, staging: false, holds: [] });
  });

  test('that goes back after the switch says what was written meanwhile and is lost', async () => {
    const world = createReleaseWorld({ way: 'on-copy' });
    const before = structuredClone(world.state);
    world.h1['watchRelease'] = async () => {
      throw new DrydockError('unhealthy', 'watch green: 7 % errors');
    };
    const { failure } = await upgradeOf(world);
    expect(failure).toMatchObject({ type: 'unhealthy' });
    expect(failure?.message).toContain(
      'serve generation 1 again (written since the switch and lost: graph: nodes: 10 then, 12 now)',
    );
    expect(world.state).toEqual(before);
  });

  test('goes back although nobody can count what is lost', async () => {
    const world = createReleaseWorld({ way: 'on-copy' });
    world.h1['watchRelease'] = async () => {
      throw new DrydockError('unhealthy', 'watch green: it does not answer');
    };
    world.h1['countWritten'] = async () => {
      throw new DrydockError('internal', 'count graph: it does not answer');
    };
    const { failure } = await upgradeOf(world);
    expect(failure?.message).toContain('it could not be counted: count graph: it does not answer');
    expect(world.state.record).toMatchObject({ colour: 'blue', generation: 1 });
  });
});
