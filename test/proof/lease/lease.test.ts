import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { RunHandle } from '../../../src/client/index.ts';
import { type Contents, type InstanceClient, sharedInstance } from '../../support/instance-client.ts';
import { openPlane, type Plane } from '../../support/plane.ts';
import { containerStates, servingContainers, setsInStore, stagingOf } from '../../support/world.ts';

describe('procedures that want the same instance', () => {
  let plane: Plane;
  let instance: InstanceClient;
  let contents: Contents;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    instance = await sharedInstance(plane);
    contents = await instance.contents();
  });
  afterAll(() => plane.close());

  const expectServing = async () => {
    expect(await containerStates(instance.name)).toEqual(servingContainers);
    expect(await instance.writeStatus()).toBe(200);
    expect(await instance.contents()).toEqual(contents);
    expect(await stagingOf(plane.embedded.home.instances, instance.name)).toEqual([]);
    const { holder, waiting } = await plane.operations.instance(instance.name);
    expect({ holder, waiting }).toEqual({ holder: undefined, waiting: [] });
  };

  test('a drill, a backup and a restore asked for at the same moment run one after the other, and say who is before them', async () => {
    const { operations } = plane;
    const { name } = instance;
    // One that comes before the backup needs a set already.
    const { sets } = await setsInStore(plane, name);
    if (sets.length === 0) await (await operations.backup({ instance: name })).result();
    const asked = await Promise.all([
      operations.drill({ instance: name }),
      operations.backup({ instance: name }),
      operations.restore({ instance: name, confirm: name, skipSafetySet: 'a backup is asked for', graceHours: 0 }),
    ]);
    const [, , restore] = asked;
    const [first, second, third] = await inOrder(plane, name, asked);
    // Each waits from the moment it asks, and knows for whom once the instance has answered.
    const waitsFor = async (run: RunHandle<unknown>) => (await progressOf(run)).waitingFor;
    await expect.poll(() => waitsFor(second)).toContain(first.workflowId);
    await expect.poll(() => waitsFor(third)).toMatch(new RegExp(`${first.workflowId}.*; 1 more before this one`));
    expect((await operations.running(name)).map(({ waitingFor }) => waitingFor !== undefined)).toContain(true);

    await Promise.all(asked.map((run) => run.result()));
    const ran = await Promise.all([first, second, third].map(progressOf));
    for (const [at, { steps }] of ran.slice(1).entries()) {
      const [end, begin] = [ran[at]?.steps.at(-1)?.endedAt ?? '', steps[0]?.startedAt ?? ''];
      expect(begin >= end, `${begin} is before ${end}`).toBe(true);
    }
    const { generation } = await restore.result();
    await operations.run(`${restore.workflowId}/retire-g${generation - 1}`).result();
    await expectServing();
  });

  test('a holder that is terminated is noticed, the next one goes on, and puts right what was left half done', async () => {
    const { operations, temporal } = plane;
    const doomed = await operations.backup({ instance: instance.name });
    await expect.poll(async () => stepsDone(doomed), { timeout: 120_000 }).toBeGreaterThanOrEqual(3);
    const next = await operations.backup({ instance: instance.name });
    await expect.poll(async () => (await progressOf(next)).phase, { timeout: 60_000 }).toBe('waiting');
    await temporal.workflow.getHandle(doomed.workflowId).terminate('the test wants to see who notices');

    const { set } = await next.result();
    const { sets } = await setsInStore(plane, instance.name);
    expect(sets).toContain(set);
    await expect(doomed.result()).rejects.toMatchObject({ outcome: 'terminated' });
    await operations.verify({ instance: instance.name }).then((run) => run.result());
    expect(await containerStates(instance.name)).toEqual(servingContainers);
    expect(await instance.writeStatus()).toBe(200);
    expect(await instance.contents()).toEqual(contents);
  });
});

type Progress = NonNullable<Awaited<ReturnType<RunHandle<unknown>['observe']>>['progress']>;

async function progressOf(run: RunHandle<unknown>): Promise<Progress> {
  const { progress } = await run.observe();
  if (progress === undefined) throw new Error(`${run.workflowId} does not answer`);
  return progress;
}

async function stepsDone(run: RunHandle<unknown>): Promise<number> {
  const { progress } = await run.observe();
  return progress?.steps.filter(({ state }) => state === 'done').length ?? 0;
}

/** The one that holds the instance, then those that wait, as the instance says once it knows all of them. */
async function inOrder(
  { operations }: Plane,
  name: string,
  asked: readonly RunHandle<unknown>[],
): Promise<[RunHandle<unknown>, RunHandle<unknown>, RunHandle<unknown>]> {
  await expect
    .poll(async () => (await operations.instance(name)).waiting.length, { timeout: 60_000, interval: 50 })
    .toBe(asked.length - 1);
  const { holder, waiting } = await operations.instance(name);
  const ids = [holder, ...waiting].map((claimant) => claimant?.workflowId);
  const [first, second, third] = [...asked].sort(
    (one, other) => ids.indexOf(one.workflowId) - ids.indexOf(other.workflowId),
  );
  if (first === undefined || second === undefined || third === undefined) throw new Error('three were asked for');
  return [first, second, third];
}
