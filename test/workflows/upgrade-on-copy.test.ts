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
const upgradeOf = (world: ReleaseWorld) => endOf<UpgradeReport>(temporal, world, 'upgrade', input);

procedureChecks({
  temporal,
  workflow: 'upgrade',
  input,
  world: () => createReleaseWorld({ way: 'on-copy' }),
  pointOfNoReturn: 'watchRelease',
  harmless: ['notify'],
});

describe('an upgrade on a copy', () => {
  test('migrates the copy, tries the release on it, and exchanges both', async () => {
    const world = createReleaseWorld({ way: 'on-copy' });
    const calls = recorded(world);
    const { result, leases, failure } = await upgradeOf(world);
    expect(failure?.message).toBeUndefined();
    const checked = calls.indexOf('checkStore'); // beside the step that makes the generation
    expect(checked).toBeGreaterThan(calls.indexOf('fetchArtifacts'));
    expect(checked).toBeLessThan(calls.indexOf('loadStore'));
    const others = calls.filter((call) => call !== 'checkStore');
    expect(others.slice(others.indexOf('measureTraffic blue') + 1)).toEqual([
      'prepareRelease',
      'holdReadOnly',
      'readManifest',
      'planCopy',
      'fetchArtifacts',
      'createGeneration',
      'loadStore',
      'startBuiltStore',
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
      'exchangeGeneration 2',
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
    expect(failure?.message).toContain('counting them failed: count graph: it does not answer');
    expect(world.state.record).toMatchObject({ colour: 'blue', generation: 1 });
  });
});
