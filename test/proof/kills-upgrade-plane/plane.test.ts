import Docker from 'dockerode';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { RunHandle } from '../../../src/client/index.ts';
import type { UpgradeReport } from '../../../src/contracts/upgrade.ts';
import type { KillCase } from '../../support/kill-harness.ts';
import { type Subject, subject } from '../../support/kill-subject.ts';
import { upgradeBeside } from '../../support/kill-upgrade-cases.ts';
import { openPlane, type Plane } from '../../support/plane.ts';
import { pushVersion } from '../../support/plane-runs.ts';

let plane: Plane;
let killed: Subject;
let upgrading: KillCase<UpgradeReport>;

beforeAll(async () => {
  plane = await openPlane(inject('plane'));
  await pushVersion(plane, '2.0.0');
  killed = await subject(plane, 'kg', 6);
  upgrading = upgradeBeside(killed);
});
afterAll(() => plane.close());

// Each of them once, at a moment of its own; then at the end of every step, each time another of them.
// Only what comes in every step comes while the plan waits for approval too.
const moments: [when: string, victims: Record<number, Victim>, phase: RegExp][] = [
  ['the middle', { 6: 'control-worker', 8: 'edge', 10: 'temporal' }, /^running$/],
  ...[0, 1, 2].map((shift): [string, Record<number, Victim>, RegExp] => [
    `turn ${shift + 1}`,
    inTurn(shift),
    /^(running|waiting)$/,
  ]),
];
test.each(moments)(
  'an upgrade survives the control worker, the edge and Temporal that die in %s',
  async (...moment) => {
    const [, victims, phase] = moment;
    await killed.host.serving(async () => {
      await upgrading.prepare?.();
      const run = await upgrading.start();
      await killWhen(killed, run, victims, phase);
      await upgrading.check(await run.result(), run.workflowId);
    });
  },
);

type Victim = 'control-worker' | 'edge' | 'temporal';

/** After every step from the second on, so far as an upgrade is sure to have: one of the three, in turn. */
function inTurn(shift: number): Record<number, Victim> {
  const victims: Victim[] = ['control-worker', 'edge', 'temporal'];
  return Object.fromEntries(Array.from({ length: 14 }, (_, at) => [at + 2, victims[(at + shift) % 3] ?? 'edge']));
}

/** Kills each of them as soon as so many steps are done. */
async function killWhen(
  killed: Subject,
  run: RunHandle<unknown>,
  victims: Record<number, Victim>,
  phase: RegExp,
): Promise<void> {
  for (const [steps, victim] of Object.entries(victims)) {
    await untilDone(run, Number(steps), phase);
    if (victim === 'edge') await killEdge(killed.instance.name);
    else await killed.plane.kill(victim);
  }
}

/** A plane that just lost a part of itself may not answer for a moment; the poll asks it again. */
async function untilDone(run: RunHandle<unknown>, steps: number, phase: RegExp): Promise<void> {
  await expect
    .poll(async () => (await run.observe()).progress?.steps.filter(({ state }) => state === 'done').length ?? 0, {
      timeout: 300_000,
    })
    .toBeGreaterThanOrEqual(steps);
  expect((await run.observe()).progress?.phase).toMatch(phase);
}

/** As a crash would: Docker starts it again, which it does not after `docker kill`. */
async function killEdge(instance: string): Promise<void> {
  const { State } = await new Docker().getContainer(`drydock-${instance}_serving-edge-1`).inspect();
  process.kill(State.Pid, 'SIGKILL');
}
