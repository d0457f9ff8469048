import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { blueprintPush } from '../../src/client/blueprint-files.ts';
import { documentsOf, type InstanceClient, instanceClient } from '../support/instance-client.ts';
import { openPlane, osmose, type Plane, portsOfInstance } from '../support/plane.ts';
import { containerStates, servingContainers } from '../support/world.ts';

/** The proof does the same as its runbook says, under load, with broken releases, and with deaths (test/proof/upgrade-…). */
describe('an upgrade that somebody approves, and the way back', () => {
  let plane: Plane;
  let pharma: InstanceClient;
  let documents: number;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    const instance = plane.instance('upgraded');
    const provisioned = { instance, blueprint: osmose, variables: portsOfInstance(plane, 8) };
    await (await plane.operations.provision(provisioned)).result();
    pharma = await instanceClient(plane.embedded.home.instances, instance);
    ({ documents } = await pharma.ingest(documentsOf('pharma').slice(0, 2)));
    await (await plane.operations.backup({ instance })).result();
    const next = fileURLToPath(new URL('../../blueprints/osmose-2.0.0', import.meta.url));
    await (await plane.operations.blueprint(blueprintPush(next), 'osmose')).result();
  });
  afterAll(() => plane.close());

  const version = async () =>
    ((await (await fetch(`${pharma.address}/version`)).json()) as { version: string }).version;

  test('nothing changes until the plan is approved by its hash, then the new release serves', async () => {
    const request = { instance: pharma.name, to: 'osmose@2.0.0', window: 'now', soakMinutes: 0.2 };
    const run = await plane.operations.upgrade(request);
    let plan: string | undefined;
    await expect.poll(async () => (plan = (await run.observe()).progress?.plan), { timeout: 300_000 }).toBeDefined();
    expect(await version()).toBe('1.0.0');
    expect(await containerStates(pharma.name)).toEqual(servingContainers);
    await plane.operations.approve(pharma.name, { plan: plan ?? '', by: 'the test' });
    const report = await run.result();
    expect(report).toMatchObject({ outcome: 'upgraded', unavailableMs: 0 });
    expect(report.decisions).toMatchObject([{ decision: 'approved', by: 'the test', through: 'update' }]);
    expect(report.migrated.length).toBeGreaterThan(0);
    expect(await version()).toBe('2.0.0');
    expect(await pharma.writeStatus()).toBe(200);
  });

  test('the old release comes back, and finds what it had', async () => {
    await (await plane.operations.rollback({ instance: pharma.name })).result();
    expect(await version()).toBe('1.0.0');
    expect(await containerStates(pharma.name)).toMatchObject(servingContainers);
    expect(await pharma.writeStatus()).toBe(200);
    expect((await pharma.stats()).documents).toBe(documents);
  });
});
