import { describe, expect, test } from 'vitest';
import type { RollbackReport } from '../../src/contracts/upgrade.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { createReleaseWorld } from '../support/release-world.ts';
import { endOf, resultOf } from '../support/world-runs.ts';
import { backup } from './fixtures/upgrades.ts';

const temporal = inProcess({ backup: (_, request) => backup(request as { instance: string }) });

const input = { instance: 'pharma', confirm: 'pharma' };
const upgraded = { upgraded: true } as const;

describe('beside', () => {
  procedureChecks({
    temporal,
    workflow: 'rollback',
    input,
    world: () => createReleaseWorld(upgraded),
    pointOfNoReturn: 'verifyInstance',
  });

  test('the old release serves again, nothing is lost, and the new one is kept', async () => {
    const world = createReleaseWorld(upgraded);
    const { result, leases } = await endOf<RollbackReport>(temporal, world, 'rollback', input);
    expect(result).toMatchObject({
      procedure: 'rollback',
      blueprint: 'stack@1.0.0',
      lost: [],
      unavailableMs: 0,
      addresses: { app: 'http://127.0.0.1:8000' },
    });
    expect(leases.released).toContainEqual(expect.objectContaining({ blueprint: 'stack@1.0.0', colour: 'blue' }));
    expect(world.state).toMatchObject({
      record: { colour: 'blue', previous: { colour: 'green' } },
      releases: { blue: { running: true, writers: true }, green: { running: false, writers: false } },
      edge: { colour: 'blue', mode: 'open' },
    });
  });
});

describe('to the generation before', () => {
  procedureChecks({
    temporal,
    workflow: 'rollback',
    input,
    world: () => createReleaseWorld({ ...upgraded, way: 'on-copy' }),
    pointOfNoReturn: 'openEdge',
  });

  test('says what was written since the upgrade', async () => {
    const world = createReleaseWorld({ ...upgraded, way: 'on-copy' });
    const report = await resultOf<RollbackReport>(temporal, world, 'rollback', input);
    expect(report.lost).toEqual([
      { store: 'graph', equal: false, differences: ['nodes: 10 then, 12 now'] },
      { store: 'files', equal: true, differences: [] },
    ]);
    expect(world.state).toMatchObject({ record: { colour: 'blue', generation: 1 }, generations: { 2: 'stopped' } });
  });
});
