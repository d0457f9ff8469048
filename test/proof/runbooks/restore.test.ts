import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Contents, damage, type InstanceClient, sharedInstance } from '../../support/instance-client.ts';
import { type Operator, operatorAt, root } from '../../support/operator.ts';
import { openPlane, type Plane } from '../../support/plane.ts';
import { inPlace, type Runbook, readRunbook } from '../../support/runbook.ts';
import { containerStates, servingContainers, setsInStore } from '../../support/world.ts';

/** What the story of the gate does not type of the runbook of restores. */
describe('an instance whose data is wrong, and no safety set is wanted', () => {
  let plane: Plane;
  let home: string;
  let operator: Operator;
  let pharma: InstanceClient;
  let runbook: Runbook;
  let set: string;
  let contents: Contents;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    home = await mkdtemp(join(tmpdir(), 'drydock-runbook-'));
    operator = await operatorAt(home, root, { DRYDOCK_TEMPORAL_ADDRESS: plane.embedded.address });
    pharma = await sharedInstance(plane);
    runbook = await readRunbook('restore.md');
    contents = await pharma.contents();
    ({ set } = await (await plane.operations.backup({ instance: pharma.name })).result());
  });
  afterAll(async () => {
    await rm(home, { recursive: true, force: true });
    await plane.close();
  });

  async function type(commands: string): Promise<void> {
    const { exitCode, said } = await operator.type(inPlace(commands, { pharma: pharma.name }, set));
    expect(exitCode, said).toBe(0);
  }

  test('a restore in place brings back exactly what the set holds', async () => {
    await damage(pharma);
    expect((await pharma.stats()).vectors).toBe(0);
    const { sets } = await setsInStore(plane, pharma.name);
    await type(runbook.commandsWith('--skip-safety-set'));
    expect(await pharma.contents()).toEqual(contents);
    expect(await pharma.writeStatus()).toBe(200);
    expect((await setsInStore(plane, pharma.name)).sets).toEqual(sets);
    await type(runbook.commandsWith('drydock verify'));
    expect(await containerStates(pharma.name)).toEqual(servingContainers);
  });
});
