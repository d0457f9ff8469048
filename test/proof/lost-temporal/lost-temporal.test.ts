import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startEmbedded, stopEmbedded } from '../../../src/client/embedded/plane.ts';
import { type Contents, documentsOf, type InstanceClient } from '../../support/instance-client.ts';
import { type Operator, operatorAt, root } from '../../support/operator.ts';
import { openPlane, osmose, type Plane, removePlane, startPlane } from '../../support/plane.ts';
import { provisioned } from '../../support/plane-runs.ts';
import { inPlace, type Runbook, readRunbook } from '../../support/runbook.ts';
import { containerStates, servingContainers } from '../../support/world.ts';

/**
 * Temporal's database is deleted while one instance is in the middle of a backup and an operator holds the other read-only.
 * Its own control plane: the others go on with theirs.
 */
describe('docs/runbooks/lost-temporal.md', () => {
  let directory: string;
  let plane: Plane;
  let runbook: Runbook;
  let home: string;
  let operator: Operator;
  let pharma: InstanceClient;
  let sap: InstanceClient;
  let contents: Contents;

  beforeAll(async () => {
    directory = await startPlane({ DRYDOCK_NIGHTS: 'on' });
    plane = await openPlane(directory);
    runbook = await readRunbook('lost-temporal.md');
    home = await mkdtemp(join(tmpdir(), 'drydock-runbook-'));
    operator = await operatorAt(home, root, { DRYDOCK_HOME: directory });
    pharma = await provisioned(plane, 'pharma');
    sap = await provisioned(plane, 'sap');
    await pharma.ingest(documentsOf('pharma').slice(0, 3));
    await (await plane.operations.backup({ instance: pharma.name })).result();
    contents = await pharma.contents();
  });
  afterAll(async () => {
    await plane.close();
    await removePlane(directory);
    await rm(home, { recursive: true, force: true });
  });

  async function type(part: string): Promise<string> {
    const { exitCode, said } = await operator.type(inPlace(runbook.commandsWith(part), { pharma: pharma.name }));
    expect(exitCode, said).toBe(0);
    return said;
  }

  test('Temporal forgets everything in the middle of a backup', async () => {
    await (await plane.operations.readOnly({ instance: sap.name, state: 'on', reason: 'an audit' })).result();
    const backup = await plane.operations.backup({ instance: pharma.name });
    await vi.waitUntil(async () => (await pharma.writeStatus()) !== 200, { timeout: 60_000, interval: 100 });
    expect((await backup.observe()).progress?.phase).toBe('running');
    await plane.close();
    await stopEmbedded(directory);
    for (const file of ['temporal.db', 'visibility.db'].flatMap((name) => [name, `${name}-wal`, `${name}-shm`])) {
      await rm(join(plane.embedded.home.temporal, file), { force: true });
    }
    await startEmbedded({ home: directory, workers: 'none' });
    plane = await openPlane(directory);
    expect(await plane.operations.instances()).toEqual([]);
    expect(await plane.operations.schedules()).toEqual([]);
    await stopEmbedded(directory);
  });

  test('the runbook makes its instances known again, and puts right what was left', async () => {
    await plane.close();
    const said = await type('drydock adopt');
    plane = await openPlane(directory);
    expect(said).toContain(`${pharma.name} is known again, and serves as it should`);
    expect(said).toContain(`${sap.name} is known again, and serves as it should`);
    const { facts, holder } = await plane.operations.instance(pharma.name);
    expect(holder).toBeUndefined();
    expect(facts).toMatchObject({ status: 'serving', mode: 'open', blueprint: osmose, lastSet: expect.any(String) });
    expect(await containerStates(pharma.name)).toEqual(servingContainers);
    expect(await pharma.writeStatus()).toBe(200);
    expect(await pharma.contents()).toEqual(contents);
  });

  test('what an operator holds is still held', async () => {
    expect((await plane.operations.instance(sap.name)).facts).toMatchObject({
      mode: 'read-only',
      modeReason: 'an audit',
    });
    expect(await sap.writeStatus()).toBe(503);
  });

  test('the night is planned again, and a set is taken', async () => {
    const jobs = (await plane.operations.schedules(pharma.name)).map(({ id }) => id);
    expect(jobs).toContain(`night/${pharma.name}/backup`);
    expect(await type('drydock backup')).toMatch(/set \d{8}T\d{6}Z-[0-9a-f]{8}/);
  });

  test('once more, it leaves everything alone', async () => {
    const { adopted, known } = await (await plane.operations.adopt({})).result();
    expect({ adopted, known }).toEqual({ adopted: [], known: [pharma.name, sap.name].sort() });
  });
});
