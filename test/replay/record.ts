/**
 * Records the histories that replay.test.ts replays: `node test/replay/record.ts`. Run it when a procedure is meant to
 * have changed in a way that running ones cannot follow; that change needs a note for operators, since such a worker may
 * only be started when nothing runs. Everything happens over drivers in memory; nothing outside of this folder is touched.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createLeases } from '../../src/activities/claims/leases.ts';
import type { Progress } from '../../src/contracts/progress.ts';
import { anIdentity } from '../support/builders.ts';
import { createReleaseWorld, planHash, type ReleaseChoices } from '../support/release-world.ts';
import { putSet, setOf } from '../support/retention-cases.ts';
import { type Activities, startRealTime } from '../support/temporal.ts';
import { startApplication } from '../support/world-application.ts';
import { createWorld } from '../support/world-in-memory.ts';
import { publish } from '../support/world-runs.ts';

const folder = new URL('./histories/', import.meta.url);
const taskQueue = 'drydock';
const [temporal, application] = await Promise.all([startRealTime(), startApplication()]);
const { client } = temporal.env;
const world = createWorld({ application });
const blueprint = await publish(world, { port: application.port });
const control = { ...world.control, ...createLeases(() => client, taskQueue) };
const factsOfBusy = {
  ...anIdentity('busy'),
  host: 'h1',
  tier: 'standard',
  status: 'serving',
  blueprint,
  colour: 'blue',
  generation: 1,
  mode: 'open',
  addresses: {},
};
await mkdir(folder, { recursive: true });

try {
  await recordAll();
} finally {
  await Promise.all([temporal.close(), application.close()]);
}

async function recordAll(): Promise<void> {
  await temporal.withWorkers({ control, hosts: world.hosts, taskQueue }, recordProcedures);
  await recordUpgrades();
}

async function recordProcedures(): Promise<void> {
  const pharma = { instance: 'pharma', confirm: 'pharma' };
  await record('provision', { instance: 'pharma', blueprint });
  await record('backup', { instance: 'pharma' });
  await record('drill', { instance: 'pharma' });
  await record('restore', { ...pharma, graceHours: 0 });
  await record('verify', { instance: 'pharma' });
  for (const age of [1, 2, 3, 20, 30]) putSet(world.bucket, {}, setOf(Date.now(), age), true);
  await record('retention', { instance: 'pharma' });
  const volumes = [...world.stores.secrets.keys()].filter((name) => name.includes('qdrant'));
  for (const name of volumes) world.stores.segments.set(name, [{ collection: 'items', points: 800, deleted: 200 }]);
  await record('cleanup', { instance: 'pharma', what: 'qdrant' });
  await record('decommission', { ...pharma, skipFinalSet: 'the recording is over' });
  await save('instance', client.workflow.getHandle('instance/pharma'));
  await recordLongLife();
}

async function record(workflow: string, request: object): Promise<void> {
  const handle = await start(workflow, request);
  await handle.result();
  await save(workflow, handle);
}

function start(workflow: string, request: object): Promise<WorkflowHandle> {
  return client.workflow.start(workflow, {
    taskQueue,
    workflowId: `${workflow}-${randomUUID()}`,
    args: [request],
  });
}

/** The steps only pretend: replay compares what the workflows ask for, and in which order. */
async function recordUpgrades(): Promise<void> {
  const plan = { instance: 'forth', expectedMs: 1, safetySet: { kind: 'recent', maxAgeHours: 24 } };
  const entity = await client.workflow.start('instance', {
    taskQueue,
    workflowId: 'instance/forth',
    args: [{ facts: { ...factsOfBusy, instance: 'forth' }, lastToken: 0, waiting: [] }],
  });
  const during = (choices: ReleaseChoices, act: (host: Activities) => Promise<void>) => {
    const { h1, control: steps } = createReleaseWorld({ ...choices, plan: { ...plan, ...choices.plan } });
    const journal = { writeJournal: async () => ({ key: 'none' }) };
    const all = { ...steps, ...journal, ...createLeases(() => client, taskQueue) };
    return temporal.withWorkers({ control: all, hosts: { h1 }, taskQueue }, () => act(h1));
  };
  const request = { instance: 'forth', to: 'stack@2.0.0', graceHours: 0 };
  const approved = { ...request, approvedPlan: planHash };

  await during({ plan: { approvals: 2 } }, async () => {
    const [waiting, upgrade] = [await start('upgrade', request), await start('upgrade', request)];
    for (const run of [waiting, upgrade]) {
      await run.signal('approve', { plan: planHash, by: 'alice' });
      await untilItWaits(run);
    }
    await save('upgrade-waiting', waiting); // The run is still open: the code of the day decides what it does next.
    await waiting.terminate();
    await upgrade.executeUpdate('approve', { args: [{ plan: planHash, by: 'bob' }] });
    await upgrade.result();
    await save('upgrade', upgrade);
    await endOf(`${upgrade.workflowId}/retire-blue`, 'retire-release');
  });
  await during({ way: 'on-copy' }, async () => {
    const upgrade = await start('upgrade', approved);
    await upgrade.result();
    await save('upgrade-on-copy', upgrade);
  });
  await during({}, async (host) => {
    host['watchRelease'] = async () => Promise.reject(ApplicationFailure.nonRetryable('7 % errors', 'unhealthy'));
    const upgrade = await start('upgrade', approved);
    await upgrade.result().catch(() => {}); // The upgrade goes back, as it should.
    await save('upgrade-undone', upgrade);
  });
  await during({ upgraded: true }, () => record('rollback', { instance: 'forth' }));
  await during({}, async () => {
    const upgrade = await start('upgrade', { ...approved, window: 'now' });
    await upgrade.result();
    await record('settle', { ...anIdentity('forth'), dead: [upgrade.workflowId] });
  });
  await entity.terminate();
}

async function untilItWaits(run: WorkflowHandle): Promise<void> {
  while ((await run.query<Progress>('progress')).waitingFor?.includes('1 of 2 approvals') !== true);
}

async function endOf(workflowId: string, name: string): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  await handle.result();
  await save(name, handle);
}

/** An entity whose history grew until it continued as new. */
async function recordLongLife(): Promise<void> {
  const workflowId = 'instance/busy';
  const args = [{ facts: factsOfBusy, lastToken: 0, waiting: [] }];
  const first = await client.workflow.start('instance', { taskQueue, workflowId, args });
  const handle = client.workflow.getHandle(workflowId);
  const nobody = { workflowId: 'nobody', runId: 'none' };
  while ((await handle.describe()).runId === first.firstExecutionRunId) {
    await Promise.all(Array.from({ length: 50 }, () => handle.signal('withdrawRequest', nobody)));
    await handle.query('state'); // The answer comes once all signals are handled.
  }
  await save('instance-continued', client.workflow.getHandle(workflowId, first.firstExecutionRunId));
  await handle.terminate();
}

/** Compressed: most of a history is the same words again. */
async function save(name: string, handle: WorkflowHandle): Promise<void> {
  const history = await handle.fetchHistory();
  const file = new URL(`${name}.json.gz`, folder);
  const bytes = gzipSync(historyToJSON(history), { level: 9 });
  await writeFile(file, bytes);
  process.stdout.write(`${name}: ${history.events?.length} events, ${bytes.byteLength} bytes\n`);
}
