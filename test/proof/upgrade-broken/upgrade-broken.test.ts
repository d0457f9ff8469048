import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { RunHandle } from '../../../src/client/index.ts';
import type { UpgradeReport } from '../../../src/contracts/upgrade.ts';
import { type Fault, writeRelease } from '../../support/broken-releases.ts';
import { type Contents, documentsOf, type InstanceClient } from '../../support/instance-client.ts';
import { type Load, startLoad } from '../../support/load.ts';
import { openPlane, type Plane } from '../../support/plane.ts';
import { approve, decommissioned, provisioned, pushBlueprint } from '../../support/plane-runs.ts';
import { containerStates, servingContainers, stagingOf } from '../../support/world.ts';

/** One instance for all: after each broken release it must be what it was, or the next test begins with something else. */
describe('a broken release', () => {
  let plane: Plane;
  let below: string;
  let sap: InstanceClient;
  let contents: Contents;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    below = await mkdtemp(join(tmpdir(), 'drydock-releases-'));
    sap = await provisioned(plane, 'broken');
    await sap.ingest(documentsOf('sap').slice(0, 6));
    contents = await sap.contents();
    await (await plane.operations.backup({ instance: sap.name })).result();
  });
  afterAll(async () => {
    await decommissioned(plane, sap);
    await rm(below, { recursive: true, force: true });
    await plane.close();
  });

  async function begin(fault: Fault, soakMinutes = 2): Promise<RunHandle<UpgradeReport>> {
    const release = await writeRelease(fault, below);
    await pushBlueprint(plane, release.directory);
    return plane.operations.upgrade({ instance: sap.name, to: release.ref, window: 'now', soakMinutes });
  }
  function ask(): Load {
    return startLoad({ address: sap.address, connections: 10, requestsPerSecond: 60, writeEvery: 0 });
  }
  async function expectAsBefore(green: 'gone' | 'kept stopped' = 'gone'): Promise<void> {
    const states = Object.entries(await containerStates(sap.name));
    const stopped = states.filter(([, state]) => state.startsWith('exited')).map(([name]) => name);
    expect(Object.fromEntries(states.filter(([name]) => !stopped.includes(name)))).toEqual(servingContainers);
    expect(stopped).toEqual(green === 'gone' ? [] : ['app-green-1', 'frontend-green-1', 'worker-green-1']);
    expect(await sap.writeStatus()).toBe(200);
    expect(await stagingOf(plane.embedded.home.instances, sap.name)).toEqual([]);
  }

  test.for(['never-healthy', 'fails-smoke'] as const)(
    'that is %s is removed before anybody is asked, and blue never stopped',
    async (fault) => {
      const load = ask();
      const run = await begin(fault);
      await expect(run.result()).rejects.toMatchObject({ code: 'unhealthy' });
      await load.stop();
      expect(load.log.problems()).toEqual([]);
      await expectAsBefore();
      expect(await sap.contents()).toEqual(contents);
    },
  );

  test('whose migration fails half-way leaves blue serving, and writes pass again', async () => {
    const load = ask();
    const run = await begin('migration-fails');
    await approve(plane, sap.name, run);
    await expect(run.result()).rejects.toMatchObject({
      code: 'migration-failed',
      message: expect.stringContaining('by half-way: run '),
    });
    await load.stop();
    expect(load.log.problems()).toEqual([]);
    await expectAsBefore();
  });

  test.for(['errors-after-switch', 'leaks-connections'] as const)(
    'that %s is left again within a minute',
    async (fault) => {
      const load = ask();
      const run = await begin(fault);
      await approve(plane, sap.name, run);
      await expect(run.result()).rejects.toMatchObject({ code: 'unhealthy' });
      const servedAgain = Date.now();
      await load.reached(load.log.length + 200);
      await load.stop();
      const first = Math.min(...load.log.problems().map(({ firstAt }) => firstAt));
      expect(servedAgain - first).toBeLessThan(60_000);
      expect(load.log.counts({ from: servedAgain })).toMatchObject({ closed: 0, failed: 0 });
      await expectAsBefore();
    },
  );

  test('that only starts slowly is waited for', async () => {
    const load = ask();
    const run = await begin('slow-start', 0.2);
    await approve(plane, sap.name, run);
    expect(await run.result()).toMatchObject({ outcome: 'upgraded' });
    await load.stop();
    expect(load.log.problems()).toEqual([]);
    await (await plane.operations.rollback({ instance: sap.name })).result();
    await expectAsBefore('kept stopped');
  });
});
