import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { metrics } from '../../src/contracts/metrics.ts';
import { controlQueue } from '../../src/contracts/queues.ts';
import { controlRound, controlSources } from '../../src/workers/control/observe.ts';
import { hostRound, hostSources } from '../../src/workers/host/observe.ts';
import { prometheusOptions, startObserving } from '../../src/workers/run.ts';
import { instanceId } from '../support/builders.ts';
import { createFakeObjectStore } from '../support/fakes/object-store.ts';
import { freeBlock } from '../support/ports.ts';
import { installOwnRuntime, type OnServer, startRealTime } from '../support/temporal.ts';
import { type Application, startApplication } from '../support/world-application.ts';
import { createWorld, type MemoryWorld } from '../support/world-in-memory.ts';
import { around, publish } from '../support/world-runs.ts';

let address: string;
let temporal: OnServer;
let application: Application;
beforeAll(async () => {
  address = `127.0.0.1:${await freeBlock(1)}`;
  installOwnRuntime({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: {
      logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} },
      metrics: { prometheus: prometheusOptions(address) },
    },
  });
  [temporal, application] = await Promise.all([startRealTime(), startApplication()]);
});
afterAll(() => Promise.all([temporal?.close(), application?.close()]));

const scrape = async () => (await fetch(`http://${address}/metrics`)).text();

/** The lines of one metric, without labels that the runtime adds by itself. */
async function seriesOf(name: string): Promise<string[]> {
  const lines = (await scrape()).split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.map((line) => line.replace(/(namespace|taskQueue|workflowType)="[^"]*",?/g, '').replace(',}', '}'));
}

test('a worker exports everything it declares, from real runs, entities, sets and schedules', async () => {
  const world = createWorld({ application });
  const blueprint = await publish(world, { port: application.port, stores: ['graph', 'files'] });
  const gate = Promise.withResolvers<void>();
  let backups = 0;
  around(world, async (_, step) => {
    if (step === 'planBackup') backups += 1;
    if (step === 'planBackup' && backups === 2) await gate.promise;
  });
  const { client } = temporal.env;
  await temporal.withWorkers({ control: world.control, hosts: world.hosts, taskQueue: controlQueue }, async () => {
    const start = (workflow: string, workflowId: string, input: object) =>
      client.workflow.start(workflow, { taskQueue: controlQueue, workflowId, args: [input] });
    const run = async (workflow: string, input: object) =>
      (await start(workflow, `${workflow}-${Date.now()}`, input)).result();
    await run('provision', { instance: 'pharma', blueprint });
    await run('backup', { instance: 'pharma' });
    await run('verify', { instance: 'pharma', set: 'latest' });
    await expect(run('backup', { instance: 7 })).rejects.toThrow();
    await leaveTraces(world);
    await client.schedule.create({
      scheduleId: 'pharma/sets',
      spec: { intervals: [{ every: '1 day' }] },
      action: { type: 'startWorkflow', workflowType: 'sets', taskQueue: controlQueue, args: [{ instance: 'pharma' }] },
      state: { triggerImmediately: true },
    });
    const holder = await start('backup', 'holder', { instance: 'pharma' });
    await vi.waitFor(() => expect(backups).toBe(2), { timeout: 30_000 });
    const waiting = await start('backup', 'waiting', { instance: 'pharma' });
    const observing = [
      { round: controlRound({ client, objects: createFakeObjectStore(world.bucket) }), sources: controlSources },
      { round: hostRound(world.drivers), sources: hostSources },
    ].map((each) => startObserving({ ...each, everyMs: 200 }));
    try {
      await showsEverything();
    } finally {
      gate.resolve();
    }
    await Promise.all([holder.result(), waiting.result()]);
    await says('drydock_lease_waiting_since_timestamp_seconds', '{drydock_instance="pharma"} NaN');
    await says('drydock_sets', '{drydock_instance="pharma"} 3');
    for (const each of observing) each.stop();
  });
}, 120_000);

async function showsEverything(): Promise<void> {
  await vi.waitFor(
    async () => {
      const text = await scrape();
      expect(Object.keys(metrics).filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
    },
    { timeout: 40_000, interval: 500 },
  );
  await says(
    'drydock_instance_info',
    `{drydock_instance="pharma",host="h1",id="${instanceId}",status="serving",tier="standard"} 1`,
  );
  await says('drydock_sets', '{drydock_instance="pharma"} 1');
  await says('drydock_recovery_point_objective_seconds', '{drydock_instance="pharma",store="graph"} 604800');
  await says('drydock_orphan_size_bytes', '{drydock_instance="pharma"} 5');
  await says('drydock_last_drill_duration_seconds', '{drydock_instance="pharma"} 90');
  await says('drydock_lease_waiting', '{drydock_instance="pharma"} 1');
  await says('drydock_edge_mode', '{drydock_instance="pharma",host="h1",mode="open"} 1');
  await says('drydock_edge_mode', '{drydock_instance="pharma",host="h1",mode="read-only"} 0');
  await says('drydock_schedule_paused', '{procedure="sets",schedule="pharma/sets"} 0');
  await says('drydock_procedures_total', '{outcome="done",procedure="backup"} 1');
  await says('drydock_procedures_total', '{outcome="refused",procedure="backup"} 1');
  await says('drydock_procedure_duration_seconds_count', '{outcome="done",procedure="backup"} 1');
  await says('drydock_lease_wait_seconds_count', '{outcome="granted",procedure="provision"} 1');
  for (const source of [...controlSources, ...hostSources]) {
    await says('drydock_observation_failures_total', `{source="${source}"} 0`);
  }
}

async function says(name: string, rest: string): Promise<void> {
  await vi.waitFor(async () => expect(await seriesOf(name)).toContain(name + rest), { timeout: 40_000, interval: 200 });
}

/** Things that this world cannot make by itself: an earlier drill, and the remains of a backup that died. */
async function leaveTraces({ bucket }: MemoryWorld): Promise<void> {
  const [from, to] = [new Date(Date.now() - 3_600_000), new Date(Date.now() - 3_600_000 + 90_000)];
  const name = `${from.toISOString().replaceAll(/[-:.]/g, '')}-drill-done.json`;
  const times = { startedAt: from.toISOString(), endedAt: to.toISOString() };
  bucket.objects.set(`instances/pharma.${instanceId}/journal/${name}`, {
    body: Buffer.from(JSON.stringify(times)),
    modifiedAt: to,
  });
  const orphan = `instances/pharma.${instanceId}/sets/20261101T030000Z-1a2b3c4d/graph/neo4j.dump.age`;
  bucket.objects.set(orphan, { body: Buffer.from('bytes'), modifiedAt: new Date(Date.now() - 72 * 3_600_000) });
}
