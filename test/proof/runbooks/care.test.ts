import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type Contents, damage, type InstanceClient, sharedInstance } from '../../support/instance-client.ts';
import { type Operator, operatorAt, root } from '../../support/operator.ts';
import { openPlane, type Plane } from '../../support/plane.ts';
import { inPlace, readRunbook } from '../../support/runbook.ts';
import { containerStates, servingContainers, setsInStore } from '../../support/world.ts';

/** Every command and request of the runbooks that look after sets and data. */
describe('runbooks that leave the instance as it is', () => {
  let plane: Plane;
  let home: string;
  let operator: Operator;
  let pharma: InstanceClient;
  let set: string;
  let contents: Contents;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    home = await mkdtemp(join(tmpdir(), 'drydock-runbook-'));
    operator = await operatorAt(home, root, { DRYDOCK_TEMPORAL_ADDRESS: plane.embedded.address });
    pharma = await sharedInstance(plane);
    ({ set } = await (await plane.operations.backup({ instance: pharma.name })).result());
    contents = await pharma.contents();
  });
  afterAll(async () => {
    await rm(home, { recursive: true, force: true });
    await plane.close();
  });

  const ours = (text: string) => inPlace(text, { pharma: pharma.name }, set);
  async function type(commands: string): Promise<string> {
    const { exitCode, said } = await operator.type(ours(commands));
    expect(exitCode, said).toBe(0);
    return said;
  }
  const start = async (document: string, workflow: string) => {
    const request = JSON.parse(ours(JSON.stringify((await readRunbook(document)).request(workflow))));
    const workflowId = `${workflow} of ${pharma.name} by the runbook`;
    return plane.temporal.workflow.start(workflow, { workflowId, taskQueue: 'drydock', args: [request] });
  };

  test.each(['verify', 'cleanup', 'retention'])('docs/runbooks/%s.md', async (name) => {
    const { commands } = await readRunbook(`${name}.md`);
    expect(commands.length).toBeGreaterThan(1);
    for (const block of commands) await type(block);
    await (await start(`${name}.md`, name)).result();
  });

  test('docs/runbooks/drill.md', async () => {
    const runbook = await readRunbook('drill.md');
    const cancel = runbook.commandsWith('drydock cancel');
    for (const block of runbook.commands.filter((one) => one !== cancel)) await type(block);
    expect(await type(runbook.commandsWith('drydock sets'))).toMatch(new RegExp(`${set} .*drilled`));

    const drill = await start('drill.md', 'drill');
    await type(cancel.replace(/drill-pharma\S+/, `"${drill.workflowId}"`));
    await expect(drill.result()).rejects.toThrow();
    expect((await drill.describe()).status.name).toBe('CANCELLED');
  });

  test('docs/runbooks/restore.md, when no safety set is wanted: exactly what the set holds comes back', async () => {
    const runbook = await readRunbook('restore.md');
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

  test('afterwards it is what it was', async () => {
    expect(await pharma.contents()).toEqual(contents);
    expect(await containerStates(pharma.name)).toEqual(servingContainers);
    const { holder, waiting } = await plane.operations.instance(pharma.name);
    expect({ holder, waiting }).toEqual({ holder: undefined, waiting: [] });
  });
});
