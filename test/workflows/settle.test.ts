import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { anIdentity } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { leaseBook, procedureChecks } from '../support/procedure-checks.ts';
import { createReleaseWorld, planHash } from '../support/release-world.ts';
import { untilCancelled } from '../support/runs.ts';
import { backup } from './fixtures/upgrades.ts';

const temporal = inProcess({ backup: (_, request) => backup(request as { instance: string }) });

const input = { ...anIdentity(), dead: ['upgrade-1'] };

procedureChecks({
  temporal,
  workflow: 'settle',
  input,
  world: () => createReleaseWorld(), // settling does not undo its repairs
});

test('what a terminated safety set left is put right after its upgrade was undone', async () => {
  const withRealBackup = inProcess();
  const world = createReleaseWorld();
  const settled: string[][] = [];
  world.control['recentSet'] = async () => ({});
  world.h1['planBackup'] = untilCancelled;
  world.h1['liftHolds'] = async ({ dead }) => {
    settled.push(dead);
    return [];
  };
  const control = { ...world.control, ...leaseBook().activities };
  await withRealBackup.withWorkers({ control, hosts: world.hosts }, async (taskQueue) => {
    const { client } = withRealBackup.env;
    const workflowId = `upgrade-${randomUUID()}`;
    const args = [{ instance: 'pharma', to: 'stack@2.0.0', approvedPlan: planHash }];
    const upgrade = await client.workflow.start('upgrade', { taskQueue, workflowId, args });
    const set = client.workflow.getHandle(`${workflowId}/safety-set`);
    const state = () =>
      set.describe().then(
        ({ status }) => status.name,
        () => 'not yet',
      );
    await expect.poll(state, { timeout: 30_000 }).toBe('RUNNING');
    await set.terminate();
    const ending: unknown = await upgrade.result().catch((error: unknown) => error);
    expect(ending).toMatchObject({ cause: { message: expect.stringContaining('undone: ') } });
    await expect.poll(() => settled, { timeout: 30_000 }).toEqual([[`${workflowId}/safety-set`]]);
    expect(world.state.releases.green).toBeUndefined();
  });
}, 180_000);
