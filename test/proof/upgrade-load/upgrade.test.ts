import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { UpgradeReport } from '../../../src/contracts/upgrade.ts';
import { writeRelease } from '../../support/broken-releases.ts';
import { documentsOf, type InstanceClient } from '../../support/instance-client.ts';
import { countLost, type Load, lostWrites, startLoad } from '../../support/load.ts';
import { openPlane, type Plane } from '../../support/plane.ts';
import { approve, decommissioned, provisioned, pushBlueprint, pushVersion } from '../../support/plane-runs.ts';
import { containerStates, servingContainers, stagingOf, volumesOf } from '../../support/world.ts';

/** Clients that keep asking while an instance changes, for so many requests at least; fewer where every test runs. */
const full = process.env['LOAD'] === 'full';
const [requests, requestsPerSecond] = full ? [50_000, 100] : [1_500, 40];

/** One story in several acts: each test goes on where the one before it ended. */
describe('an instance that is upgraded while its clients ask', () => {
  let plane: Plane;
  let root: string;
  let below: string;
  let pharma: InstanceClient;
  let atFirst: string;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    root = plane.embedded.home.instances;
    below = await mkdtemp(join(tmpdir(), 'drydock-releases-'));
    pharma = await provisioned(plane, 'upgraded');
    await pharma.ingest(documentsOf('pharma'));
    await (await plane.operations.backup({ instance: pharma.name })).result();
    atFirst = await pharma.version();
    for (const version of ['2.0.0', '3.0.0']) await pushVersion(plane, version);
  });
  afterAll(async () => {
    await decommissioned(plane, pharma);
    await rm(below, { recursive: true, force: true });
    await plane.close();
  });

  async function upgrade(to: string): Promise<UpgradeReport> {
    const run = await plane.operations.upgrade({
      instance: pharma.name,
      to,
      window: 'now',
      soakMinutes: full ? 0.5 : 0.2,
    });
    await approve(plane, pharma.name, run);
    return run.result();
  }
  async function underLoad<Result>(work: () => Promise<Result>): Promise<{ result: Result; load: Load }> {
    const load = startLoad({ address: pharma.address, connections: 20, requestsPerSecond, writeEvery: 10 });
    try {
      const result = await work();
      await load.reached(requests);
      return { result, load };
    } finally {
      await load.stop();
    }
  }
  async function expectNothingLost(load: Load): Promise<void> {
    expect(load.acknowledged.length).toBeGreaterThan(20);
    expect(countLost(await lostWrites(pharma, load.acknowledged))).toBe(0);
  }

  test('no request fails when the release has no migrations', async () => {
    const next = await writeRelease('none', below, '1.0.0');
    await pushBlueprint(plane, next.directory);
    const { result, load } = await underLoad(() => upgrade(next.ref));
    expect(load.log.problems()).toEqual([]);
    expect(load.log.counts()).toMatchObject({ refused: 0, closed: 0, failed: 0 });
    expect(result).toMatchObject({ outcome: 'upgraded', unavailableMs: 0, readOnlyMs: 0, migrated: [] });
    expect(result.decisions).toMatchObject([{ decision: 'approved', by: 'the test', through: 'update' }]);
    expect(await pharma.version()).toBe(next.version);
    await expectNothingLost(load);
  });

  test('no request fails on the way back', async () => {
    const { load } = await underLoad(async () => (await plane.operations.rollback({ instance: pharma.name })).result());
    expect(load.log.problems()).toEqual([]);
    expect(load.log.counts()).toMatchObject({ refused: 0, closed: 0, failed: 0 });
    expect(await pharma.version()).toBe(atFirst);
    expect(await containerStates(pharma.name)).toMatchObject(servingContainers);
    await expectNothingLost(load);
  });

  test('no read fails and writes are only told to wait while compatible migrations are made', async () => {
    const { result, load } = await underLoad(() => upgrade('osmose@2.0.0'));
    expect(load.log.problems()).toEqual([]);
    expect(load.log.counts({ kinds: ['list', 'search'] })).toMatchObject({ refused: 0, closed: 0, failed: 0 });
    const writes = load.log.counts({ kinds: ['write'] });
    expect(writes).toMatchObject({ closed: 0, failed: 0 });
    expect(writes.refused).toBeGreaterThan(0);
    expect(result.migrated.length).toBeGreaterThan(0);
    expect(result.unavailableMs).toBe(0);
    expect(await pharma.version()).toBe('2.0.0');
    await expectNothingLost(load);
  });

  test('an incompatible release works on a copy, and no acknowledged write is lost', async () => {
    const { result, load } = await underLoad(() => upgrade('osmose@3.0.0'));
    // The safety set stops Neo4j Community for a moment; until it runs again the application says so. Nothing is worse.
    for (const { problem } of load.log.problems()) expect(problem).toMatch(/status 503 .*neo4j is not available/);
    expect(load.log.counts({ kinds: ['write'] })).toMatchObject({ failed: 0 });
    expect(load.log.counts({ kinds: ['list', 'search'] }).refused).toBe(0);
    expect(result.plan.way).toBe('on-copy');
    expect(result.safetySet).toBeDefined();
    expect(result.unavailableMs).toBeGreaterThan(0);
    expect(await pharma.version()).toBe('3.0.0');
    await expectNothingLost(load);
  });

  test('going back from a copy says what is lost, and the old data serves again', async () => {
    const { name } = pharma;
    await pharma.ingest(documentsOf('sap').slice(0, 2));
    const unconfirmed = (await plane.operations.rollback({ instance: name })).result();
    await expect(unconfirmed).rejects.toMatchObject({ code: 'not-confirmed' });
    const report = await (await plane.operations.rollback({ instance: name, confirm: name })).result();
    expect(report.lost.filter(({ equal }) => !equal).map(({ store }) => store)).toContain('graph');
    expect(await pharma.version()).toBe('2.0.0');
    expect(await stagingOf(root, name)).toEqual([]);
    expect((await volumesOf(name)).length).toBe(6);
  });
});
