import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NightOutcome } from '../../../src/contracts/night.ts';
import type { MonthReport } from '../../../src/contracts/report.ts';
import { isWhole } from '../../../src/model/sets/whole-sets.ts';
import { documentsOf, type InstanceClient } from '../../support/instance-client.ts';
import { type Operator, operatorAt, root } from '../../support/operator.ts';
import { openPlane, type Plane, removePlane, startPlane } from '../../support/plane.ts';
import { provisioned } from '../../support/plane-runs.ts';
import { inPlace, type Runbook, readRunbook } from '../../support/runbook.ts';
import { containerStates, servingContainers } from '../../support/world.ts';

const jobs = ['backup', 'cleanup-proto-kg', 'cleanup-qdrant', 'drill', 'retention', 'verify', 'verify-again'];
/** The queue may lose an hour, so it is captured every half of one. */
const capture = 'capture-queue';
/** Those that take turns on their host. */
const heavy = ['backup', 'cleanup', 'drill'];

interface Message {
  event: string;
  text: string;
  details: { job?: string; why?: string; next?: string };
}

/** One night of one instance, on a control plane of its own: its schedules fire at once instead of hour by hour. */
describe('docs/runbooks/nights.md', () => {
  let directory: string;
  let home: string;
  let plane: Plane;
  let webhook: Server;
  const told: Message[] = [];
  let runbook: Runbook;
  let operator: Operator;
  let pharma: InstanceClient;

  beforeAll(async () => {
    webhook = createServer(async (request, response) => {
      told.push((await json(request)) as Message);
      response.end();
    });
    await new Promise<void>((listening) => webhook.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
    directory = await startPlane({ DRYDOCK_NIGHTS: 'on', DRYDOCK_WEBHOOK_URL: url });
    plane = await openPlane(directory);
    runbook = await readRunbook('nights.md');
    home = await mkdtemp(join(tmpdir(), 'drydock-runbook-'));
    operator = await operatorAt(home, root, { DRYDOCK_HOME: directory });
    pharma = await provisioned(plane, 'pharma', { tier: 'premium' });
    // It fires when it is due, as the others do not: here it comes when it is called.
    const captures = plane.temporal.schedule.getHandle(`night/${pharma.name}/${capture}`);
    await captures.pause('captures come when they are called');
    await pharma.ingest(documentsOf('pharma').slice(0, 3));
  });
  afterAll(async () => {
    await plane.close();
    await removePlane(directory);
    webhook.close();
    await rm(home, { recursive: true, force: true });
  });

  /** As the runbook says it, of our instance. */
  async function typeLine(commands: string, who = operator): Promise<string> {
    const { exitCode, said } = await who.type(inPlace(commands, { pharma: pharma.name }));
    expect(exitCode, said).toBe(0);
    return said;
  }
  const type = (part: string) => typeLine(runbook.commandsWith(part));
  const outcomes = async (): Promise<Record<string, NightOutcome>> =>
    (await plane.operations.instance(pharma.name)).nights;
  /** Makes the schedules fire, and waits until each of their jobs has said how it ended. */
  async function night(...names: string[]): Promise<NightOutcome[]> {
    const began = new Date().toISOString();
    for (const name of names) await plane.temporal.schedule.getHandle(`night/${pharma.name}/${name}`).trigger();
    const ended = async () =>
      Object.values(await outcomes()).filter(({ job, at }) => names.includes(job) && at > began);
    await expect.poll(ended, { timeout: 400_000, interval: 500 }).toHaveLength(names.length);
    return ended();
  }
  const oldConcepts = async () =>
    Number(
      await pharma.python(
        'print(graph.execute_query("MATCH (p:ProtoConcept {old: true}) RETURN count(p) AS n").records[0]["n"])',
      ),
    );

  test('provisioning has made its schedules, and nobody else has to', async () => {
    const said = await type('schedule list pharma');
    for (const job of [...jobs, capture]) expect(said).toContain(`night/${pharma.name}/${job}`);
    expect(await type('schedule apply')).toContain('schedules are as they should be');
  });

  test('in one night it is backed up, cleaned, drilled, verified and its sets are kept in order', async () => {
    await pharma.python(`graph.execute_query("""
      MATCH (d:Document) WITH d LIMIT 1
      UNWIND range(1, 50) AS n
      CREATE (p:ProtoConcept {id: 'old' + n, old: true, status: 'pending', created_at: datetime() - duration('P8D')})
      CREATE (p)-[:EXTRACTED_FROM]->(d)""")`);
    // A drill and a verification need a set, and the name of the instance decides whether the backup comes first.
    const [backup] = await night('backup');
    expect(backup).toMatchObject({ outcome: 'done' });
    const ended = await night(...jobs);
    expect(Object.fromEntries(ended.map(({ job, outcome, why }) => [job, why ?? outcome]))).toEqual(
      Object.fromEntries(jobs.map((job) => [job, 'done'])),
    );

    const { sets } = await (await plane.operations.sets({ instance: pharma.name })).result();
    expect(sets).toHaveLength(2);
    expect(sets.map(({ level }) => level).sort()).toEqual(expect.arrayContaining(['drilled']));
    expect(await oldConcepts()).toBe(0);
    expect(await containerStates(pharma.name)).toEqual(servingContainers);
    expect(await pharma.writeStatus()).toBe(200);
    expect(told).toEqual([]); // all is well: nobody is woken
  });

  test('what is heavy came one after the other', async () => {
    const spans: { from: number; to: number; workflowId: string }[] = [];
    for await (const run of plane.temporal.workflow.list({ query: `DrydockInstance = '${pharma.name}'` })) {
      if (!heavy.includes(run.type) || run.closeTime === undefined) continue;
      spans.push({ from: run.startTime.getTime(), to: run.closeTime.getTime(), workflowId: run.workflowId });
    }
    spans.sort((one, other) => one.from - other.from);
    expect(spans.length).toBeGreaterThanOrEqual(5);
    for (const [at, { from, workflowId }] of spans.slice(1).entries()) {
      expect(from, `${workflowId} after ${spans[at]?.workflowId}`).toBeGreaterThanOrEqual(spans[at]?.to ?? 0);
    }
  });

  test('between the nights the queue is captured by itself, and nobody feels it', async () => {
    const [ended] = await night(capture);
    expect(ended).toMatchObject({ outcome: 'done' });
    const { sets } = await (await plane.operations.sets({ instance: pharma.name })).result();
    expect(sets[0]).toMatchObject({ stores: ['queue'], withoutStores: expect.any(Array), level: 'every byte' });
    const { manifest } = await (await plane.operations.set({ set: sets[0]?.set ?? '' })).result();
    expect(manifest).not.toHaveProperty('barrier');
    expect(await type('drydock status pharma')).toMatch(/objective +green +queue, recovery point: /);
  });

  test('docs/runbooks/report.md: the status says what is proven, and the month is written down', async () => {
    const report = await readRunbook('report.md');
    const status = await typeLine(report.commandsWith('drydock status pharma\n'));
    expect(status).toMatch(/objective +green +graph, recovery point: /);
    expect(status).toMatch(/objective +green +app, recovery time: .*, by the drill of /);
    expect(status).not.toMatch(/objective +red/);

    const month = new Date().toISOString().slice(0, 7);
    const files = report.commandsWith('drydock report').replaceAll(/\d{4}-\d\d\b/g, month);
    await typeLine(files, await operatorAt(home, home, { DRYDOCK_HOME: directory }));
    const written = (extension: string) => readFile(join(home, `${pharma.name}-${month}.${extension}`), 'utf8');
    const { sets: all } = await (await plane.operations.sets({ instance: pharma.name })).result();
    const sets = all.filter(isWhole);
    const { result } = JSON.parse(await written('json')) as { result: MonthReport };
    expect(result.sets.map(({ set }) => set).sort()).toEqual(sets.map(({ set }) => set).sort());
    expect(result.drills).toHaveLength(1);
    const text = await written('md');
    for (const { set } of sets) expect(text).toContain(set);
    expect(text).toContain('## Availability at the edge');
  });

  test('docs/runbooks/tier.md: what was sold decides how often it is backed up', async () => {
    const tier = await readRunbook('tier.md');
    // Temporal lists a schedule that was changed a moment ago as it was.
    const listed = () => typeLine(tier.commandsWith('schedule list'));
    const backups = (every: string) => new RegExp(`^night/${pharma.name}/backup +${every} `, 'm');
    const becomes = async (one: string, other: string, every: string) => {
      const said = await typeLine(tier.commandsWith(` ${one}\n`));
      expect(said).toContain(`${pharma.name} is ${one}; it was ${other}`);
      await expect.poll(listed, { timeout: 60_000, interval: 1_000 }).toMatch(backups(every));
      expect(await typeLine(runbook.commandsWith('drydock status pharma'))).toContain(`${pharma.name} (${one})`);
      return said;
    };
    expect(await listed()).toMatch(backups('day'));
    expect(await becomes('standard', 'premium', 'week')).toContain('the next retention may delete');
    expect(await becomes('premium', 'standard', 'day')).not.toContain('the next retention may delete');
    expect(await typeLine(tier.commandsWith(' premium\n'))).toContain(`${pharma.name} is premium already`);
  });

  test('jobs that are held do not run, and it is said once', async () => {
    const [all = '', some = '', release = ''] = runbook.commandsWith('drydock hold').trim().split('\n');
    expect(await typeLine(some)).toContain('drill, cleanup-qdrant');
    await typeLine(all);
    expect(await night('retention')).toMatchObject([{ outcome: 'held', why: expect.stringContaining('audit') }]);
    expect(await night('retention')).toMatchObject([{ outcome: 'held' }]);
    await expect.poll(() => told.map(({ event }) => event)).toEqual(['night-job-held']);
    expect(await type('drydock status pharma')).toContain('audit of the client');
    expect(await typeLine(release)).toContain('go on');
  });

  test('a job that failed is loud, says what to do, and that works', async () => {
    told.length = 0;
    await pharma.compose('stop', 'neo4j');
    const [failed] = await night('backup');
    expect(failed).toMatchObject({ outcome: 'failed', why: expect.stringContaining('graph') });
    // The instance knows first: a webhook that does not answer must not keep it from that.
    await expect.poll(() => told[0]?.event).toBe('night-job-failed');
    expect(told[0]?.details).toMatchObject({ job: 'backup', next: expect.stringContaining('drydock') });
    expect(await type('drydock status pharma')).toContain('backup failed');

    // Of the store alone: the application is unhealthy by now, and Compose would not wait for what is.
    await pharma.compose('up', '--detach', '--wait', 'neo4j');
    await expect.poll(() => pharma.writeStatus(), { timeout: 60_000 }).toBe(200);
    const request = { ...runbook.request('nightJob'), instance: pharma.name };
    const workflowId = `by hand: night of ${pharma.name}`;
    await plane.temporal.workflow.execute('nightJob', { workflowId, taskQueue: 'drydock', args: [request] });
    expect((await outcomes())['backup']).toMatchObject({ outcome: 'done' });
    expect(told.at(-1)?.event).toBe('night-job-recovered');
  });
});
