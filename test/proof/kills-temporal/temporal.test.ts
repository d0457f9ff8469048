import { expect, inject, test } from 'vitest';
import type { RunHandle } from '../../../src/client/index.ts';
import { backupOf, restoreOf } from '../../support/kill-cases.ts';
import { subject } from '../../support/kill-subject.ts';
import { openPlane } from '../../support/plane.ts';

test('a backup and a restore end as if Temporal had lived, which dies twice in their middle', async () => {
  const plane = await openPlane(inject('plane'));
  const [first, second] = await Promise.all([subject(plane, 'ka', 0), subject(plane, 'kb', 1)]);
  const [backing, restoring] = [backupOf(first), restoreOf(second)];
  await first.host.serving(() =>
    second.host.serving(async () => {
      await restoring.prepare?.();
      const runs = [await backing.start(), await restoring.start()] as const;
      for (const steps of [2, 5]) {
        for (const run of runs) expect(await hasDone(run, steps)).toBe(true);
        await plane.kill('temporal');
      }
      await backing.check(await runs[0].result(), runs[0].workflowId);
      await restoring.check(await runs[1].result(), runs[1].workflowId);
    }),
  );
  await plane.close();
});

/** Polls `progress` until so many steps are done; false if the run is over by then. */
async function hasDone(run: RunHandle<unknown>, steps: number): Promise<boolean> {
  const look = async () => (await run.observe()).progress;
  await expect
    .poll(async () => (await look())?.steps.filter(({ state }) => state === 'done').length, { timeout: 120_000 })
    .toBeGreaterThanOrEqual(steps);
  return (await look())?.phase === 'running';
}
