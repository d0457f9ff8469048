import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { documentsOf, type InstanceClient } from '../support/instance-client.ts';
import { openPlane, osmose, type Plane, portsOfInstance } from '../support/plane.ts';
import { planToApprove, provisioned, pushVersion } from '../support/plane-runs.ts';
import { CommandLines, goneIsEmpty, secretsIn, secretsOf, textsOf } from '../support/secret-search.ts';
import {
  containerStates,
  containersOf,
  objectKeys,
  removeEverythingNamed,
  servingContainers,
} from '../support/world.ts';

let plane: Plane;
let pharma: InstanceClient;
let documents: number;
let commandLines: CommandLines;

beforeAll(async () => {
  plane = await openPlane(inject('plane'));
  pharma = await provisioned(plane, 'upgraded', { variables: portsOfInstance(plane, 8) });
  commandLines = new CommandLines();
  ({ documents } = await pharma.ingest(documentsOf('pharma').slice(0, 2)));
  await (await plane.operations.backup({ instance: pharma.name })).result();
  await pushVersion(plane, '2.0.0');
});
afterAll(async () => {
  await commandLines.end();
  // The probes of what still runs would slow down the other files.
  await removeEverythingNamed(pharma.name);
  await plane.close();
});

/** The proof does the same as its runbook says, under load, with broken releases, and with deaths (test/proof/upgrade-…). */
describe('an upgrade that somebody approves, and the way back', () => {
  test('nothing changes until the plan is approved by its hash, then the new release serves', async () => {
    const request = { instance: pharma.name, to: 'osmose@2.0.0', window: 'now', soakMinutes: 0.2 };
    const run = await plane.operations.upgrade(request);
    const plan = await planToApprove(run);
    expect(await pharma.version()).toBe('1.0.0');
    expect(await containerStates(pharma.name)).toEqual(servingContainers);
    await plane.operations.approve(pharma.name, { plan, by: 'the test' });
    const report = await run.result();
    expect(report).toMatchObject({ outcome: 'upgraded', unavailableMs: 0 });
    expect(report.decisions).toMatchObject([{ decision: 'approved', by: 'the test', through: 'update' }]);
    expect(report.migrated.length).toBeGreaterThan(0);
    expect(await pharma.version()).toBe('2.0.0');
    expect(await pharma.writeStatus()).toBe(200);
  });

  test('the old release comes back, and finds what it had', async () => {
    await (await plane.operations.rollback({ instance: pharma.name })).result();
    expect(await pharma.version()).toBe('1.0.0');
    expect(await containerStates(pharma.name)).toMatchObject(servingContainers);
    expect(await pharma.writeStatus()).toBe(200);
    expect((await pharma.stats()).documents).toBe(documents);
  });
});

/**
 * The containers of the stores have their passwords in their environment, and `.env` holds them, readable by root only:
 * there they must be. Anywhere else they are a leak.
 */
describe('after all that, no secret is where operators and other programs look', () => {
  let secrets: Record<string, string>;
  beforeAll(async () => {
    secrets = await secretsOf(plane, pharma);
    const { operations } = plane;
    await (await operations.verify({ instance: pharma.name })).result();
    // Runs that fail leave failures in the history, which must be as silent.
    const instance = pharma.name;
    await (await operations.restore({ instance, confirm: 'wrong' })).result().catch(() => {});
    await (await operations.provision({ instance, blueprint: osmose })).result().catch(() => {});
    await commandLines.end();
  });

  test('the secrets are there to be found: in `.env` and in the environment of the stores', async () => {
    expect(Object.keys(secrets)).toEqual(
      expect.arrayContaining(['NEO4J_PASSWORD', 'REDIS_PASSWORD', 'QDRANT_API_KEY', 'JWT_SECRET_KEY', 's3', 'age']),
    );
    const { stdout } = await execa('docker', ['inspect', `drydock-${pharma.name}_serving-neo4j-1`]);
    expect(secretsIn(stdout, secrets)).toContain('NEO4J_PASSWORD');
  });

  test('in no history: payloads, failures, summaries, search attributes, memo', async () => {
    let runs = 0;
    for await (const { workflowId, runId } of plane.temporal.workflow.list()) {
      const handle = plane.temporal.workflow.getHandle(workflowId, runId);
      const { raw, status } = await handle.describe();
      const text = [...textsOf(await handle.fetchHistory()), ...textsOf(raw)].join('\n');
      expect(secretsIn(text, secrets), workflowId).toEqual([]);
      const isDone = status.name === 'COMPLETED'; // Others terminate theirs before it has named a key.
      if (isDone && workflowId.startsWith('backup-')) expect(text, workflowId).toContain('instances/');
      runs += 1;
    }
    expect(runs).toBeGreaterThan(5);
  });

  test('in no label and on no command line of a container', async () => {
    for (const { name, labels, commandLine } of await containersOf(pharma.name)) {
      expect(secretsIn(JSON.stringify(labels) + commandLine, secrets), name).toEqual([]);
    }
  });

  test('on no command line of any process while it was upgraded, went back, was backed up and verified', () => {
    expect([...commandLines.seen].some((line) => line.includes('compose'))).toBe(true);
    expect([...commandLines.seen].filter((line) => secretsIn(line, secrets).length > 0)).toEqual([]);
  });

  test('in no journal entry, no manifest, and nothing else that is stored', async () => {
    const keys = await objectKeys(plane, '');
    expect(keys.some((key) => key.includes('/journal/'))).toBe(true);
    expect(keys.some((key) => key.endsWith('/manifest.json'))).toBe(true);
    for (const key of keys) {
      // Retention of another file's instance may have deleted it since it was listed.
      const text = await readFile(join(plane.objects, key), 'latin1').catch(goneIsEmpty);
      expect(secretsIn(text, secrets), key).toEqual([]);
    }
  });

  test('in no log file of the plane', async () => {
    const { logs } = plane.embedded.home;
    for (const name of await readdir(logs)) {
      expect(secretsIn(await readFile(join(logs, name), 'utf8'), secrets), name).toEqual([]);
    }
  });

  test('in no file of the instance that is rendered, and no secret file that others may read', async () => {
    for (const name of ['docker-compose.yml', '.drydock/instance.json', '.drydock/edge/haproxy.cfg']) {
      expect(secretsIn(await readFile(join(pharma.directory, name), 'utf8'), secrets), name).toEqual([]);
    }
    const { stdout } = await execa('stat', ['--format=%a', join(pharma.directory, '.env')]);
    expect(stdout).toBe('600');
  });
});
