import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLeases } from '../../src/activities/claims/leases.ts';
import type { Progress } from '../../src/contracts/progress.ts';
import type { RestoreReport } from '../../src/contracts/restore.ts';
import type { RetireReport } from '../../src/contracts/retire.ts';
import { anIdentity, someFacts } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import type { RunHandle } from '../support/temporal.ts';
import { type Application, startApplication } from '../support/world-application.ts';
import { createWorld, type MemoryWorld, type Seed } from '../support/world-in-memory.ts';
import { makeSeeds, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
let application: Application;
let restored: Seed;
beforeAll(async () => {
  application = await startApplication();
  const { serving } = await makeSeeds(temporal, application);
  const world = createWorld({ application, seed: serving });
  const request = { instance: 'pharma', confirm: 'pharma', skipSafetySet: 'a test' };
  await resultOf<RestoreReport>(temporal, world, 'restore', request);
  restored = await world.freeze();
  const { retired } = await world.drivers.directories.record('pharma');
  due.notBefore = retired[0]?.keepUntil ?? '';
});
afterAll(() => application?.close());

const serving = () => createWorld({ application, seed: restored });
const due = { ...anIdentity(), generation: 1, notBefore: '2026-01-01T00:00:00.000Z' };
const inAges = '2199-01-01T00:00:00.000Z';
const generations = async (world: MemoryWorld) =>
  (await world.containers.volumes({ 'drydock.instance': 'pharma' })).map(({ labels }) => labels['drydock.generation']);

procedureChecks({ temporal, workflow: 'retireGeneration', input: { ...due, generation: 9 }, world: serving });

test('the generation that serves, again or still, is left alone', async () => {
  const world = serving();
  const report = await resultOf<RetireReport>(temporal, world, 'retireGeneration', { ...due, generation: 2 });
  expect(report.removed).toEqual([]);
  expect(await generations(world)).toEqual(['1', '2']);
});

test('a generation that a later procedure keeps for longer is left to that', async () => {
  const world = serving();
  const early = { ...due, notBefore: '2026-01-01T00:00:00.000Z' };
  expect((await resultOf<RetireReport>(temporal, world, 'retireGeneration', early)).removed).toEqual([]);
  expect(await generations(world)).toEqual(['1', '2']);
});

test('after a failure, starting again removes the rest', async () => {
  const world = serving();
  await world.containers.removeVolume('drydock-pharma.neo4j_data.g1', {});
  await resultOf(temporal, world, 'retireGeneration', due);
  expect(await world.drivers.directories.record('pharma')).toMatchObject({ generation: 2, retired: [] });
});

test('waits for the end of the grace period, and then for its turn', async () => {
  const world = serving();
  const graceMs = 3_600_000;
  const notBefore = new Date(Date.now() + graceMs).toISOString();
  const record = await world.drivers.directories.record('pharma');
  const retired = record.retired.map((generation) => ({ ...generation, keepUntil: notBefore }));
  await world.drivers.directories.writeRecord({ ...record, retired });
  const { client } = temporal.env;
  const taskQueue = `drydock-${randomUUID()}`;
  const control = {
    ...world.control,
    ...createLeases(() => temporal.client, taskQueue),
    writeJournal: async () => ({ key: '' }),
  };
  await temporal.withWorkers({ control, hosts: world.hosts, taskQueue }, async () => {
    const retire = (request: object) =>
      client.workflow.start('retireGeneration', { taskQueue, workflowId: `retire-${randomUUID()}`, args: [request] });
    const [retirement, other] = [await retire({ ...due, notBefore }), await retire({ ...due, notBefore: inAges })];
    expect(await waitOf(retirement)).toBe(`generation 1 is kept until ${notBefore}`);
    // Somebody works on the instance when the grace is over.
    const since = new Date().toISOString();
    const { workflowId, firstExecutionRunId: runId } = other;
    const entity = await client.workflow.start('instance', {
      taskQueue,
      workflowId: 'instance/pharma',
      args: [
        {
          facts: someFacts({ generation: 2 }),
          lastToken: 1,
          holder: { procedure: 'restore', workflowId, runId, since, token: 1 },
        },
      ],
    });
    await temporal.env.sleep(graceMs - 60_000);
    expect(await waitOf(retirement)).toBe(`generation 1 is kept until ${notBefore}`);
    await temporal.env.sleep(60_000);
    await expect.poll(() => waitOf(retirement)).toContain(`waits for restore (${workflowId})`);
    expect(await temporal.env.currentTimeMs()).toBeGreaterThanOrEqual(Date.parse(notBefore));
    expect(await generations(world)).toEqual(['1', '2']);
    await entity.signal('releaseLease', { token: 1 });
    const report = await retirement.result();
    expect(report).toMatchObject({ generation: 1, removed: ['drydock-pharma.neo4j_data.g1'] });
    expect(await generations(world)).toEqual(['2']);
    await other.terminate();
    await temporal.end(entity);
  });
});

test('cancelled during the grace, it removes nothing', async () => {
  const world = serving();
  await temporal.withWorkers({ control: world.control, hosts: world.hosts }, async (taskQueue) => {
    const retirement = await temporal.env.client.workflow.start('retireGeneration', {
      taskQueue,
      workflowId: `retire-${randomUUID()}`,
      args: [{ ...due, notBefore: inAges }],
    });
    await retirement.cancel();
    await expect(retirement.result()).rejects.toBeInstanceOf(WorkflowFailedError);
  });
  expect(await generations(world)).toEqual(['1', '2']);
});

async function waitOf(run: RunHandle): Promise<string | undefined> {
  return (await run.query<Progress>('progress')).waitingFor;
}
