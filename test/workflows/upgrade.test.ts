import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { UpgradeReport } from '../../src/contracts/upgrade.ts';
import { DrydockError } from '../../src/errors.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { createReleaseWorld, planHash, type ReleaseWorld, recorded } from '../support/release-world.ts';
import { endOf } from '../support/world-runs.ts';
import { backup } from './fixtures/upgrades.ts';

const temporal = inProcess({ backup: (_, request) => backup(request as { instance: string }) });

const input = { instance: 'pharma', to: 'stack@2.0.0', approvedPlan: planHash, graceHours: 0 };
const weekly = { window: 'sun 02:00-06:00 UTC' };

describe('beside, after waiting for its window without the lease', () => {
  procedureChecks({
    temporal,
    workflow: 'upgrade',
    input,
    world: () => createReleaseWorld({ plan: weekly }),
    pointOfNoReturn: 'watchRelease',
    harmless: ['notify'],
  });
});

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
      text: expect.stringMatching(/^the schedules of pharma are still the old ones: .*away/),
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

  test('is called off when it was announced and then undone', async () => {
    const world = createReleaseWorld();
    world.h1['migrate'] = async () => {
      throw new DrydockError('mismatch', 'migrate slugs: a slug is taken');
    };
    const { failure } = await upgradeOf(world);
    expect(failure).toMatchObject({ type: 'mismatch' });
    expect(failure?.message).toContain('undone: admit writes again, call the upgrade off, remove green');
    expect(world.told.map(({ event }) => event)).toEqual(['upgrade-announced', 'upgrade-begins', 'upgrade-called-off']);
  });

  test('is not stopped by a message that cannot be delivered', async () => {
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
