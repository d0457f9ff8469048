import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseEnv } from '../../src/model/instance/env-file.ts';
import { type InstanceClient, sharedInstance } from '../support/instance-client.ts';
import { openPlane, type Plane } from '../support/plane.ts';
import { containersOf, objectKeys } from '../support/world.ts';

/**
 * The containers of the stores have their passwords in their environment, and `.env` holds them, readable by root only:
 * there they must be. Anywhere else they are a leak.
 */
describe('no secret is where operators and other programs look', () => {
  let plane: Plane;
  let instance: InstanceClient;
  let secrets: Record<string, string>;
  /** Every command line of the machine that was seen while procedures ran. */
  const commandLines = new Set<string>();

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    instance = await sharedInstance(plane);
    secrets = await secretsOf(plane, instance);
    const over = new AbortController();
    const watching = watchCommandLines(commandLines, over.signal);
    const { operations } = plane;
    await (await operations.backup({ instance: instance.name })).result();
    await (await operations.verify({ instance: instance.name })).result();
    // Runs that fail leave failures in the history, which must be as silent.
    const name = instance.name;
    await (await operations.restore({ instance: name, confirm: 'wrong' })).result().catch(() => {});
    await (await operations.provision({ instance: name, blueprint: 'osmose@1.0.0' })).result().catch(() => {});
    over.abort();
    await watching;
  });
  afterAll(() => plane.close());

  test('the secrets are there to be found: in `.env` and in the environment of the stores', async () => {
    expect(Object.keys(secrets)).toEqual(
      expect.arrayContaining(['NEO4J_PASSWORD', 'REDIS_PASSWORD', 'QDRANT_API_KEY', 'JWT_SECRET_KEY', 's3', 'age']),
    );
    const { stdout } = await execa('docker', ['inspect', `drydock-${instance.name}_serving-neo4j-1`]);
    expect(found(stdout, secrets)).toContain('NEO4J_PASSWORD');
  });

  test('in no history: payloads, failures, summaries, search attributes, memo', async () => {
    let runs = 0;
    for await (const { workflowId, runId } of plane.temporal.workflow.list()) {
      const handle = plane.temporal.workflow.getHandle(workflowId, runId);
      const { raw, status } = await handle.describe();
      const text = [...texts(await handle.fetchHistory()), ...texts(raw)].join('\n');
      expect(found(text, secrets), workflowId).toEqual([]);
      const isDone = status.name === 'COMPLETED'; // Others terminate theirs before it has named a key.
      if (isDone && workflowId.startsWith('backup-')) expect(text, workflowId).toContain('instances/');
      runs += 1;
    }
    expect(runs).toBeGreaterThan(5);
  });

  test('in no label and on no command line of a container', async () => {
    for (const { name, labels, commandLine } of await containersOf(instance.name)) {
      expect(found(JSON.stringify(labels) + commandLine, secrets), name).toEqual([]);
    }
  });

  test('on no command line of any process while a backup and a verification ran', () => {
    expect([...commandLines].some((line) => line.includes('compose'))).toBe(true);
    expect([...commandLines].filter((line) => found(line, secrets).length > 0)).toEqual([]);
  });

  test('in no journal entry, no manifest, and nothing else that is stored', async () => {
    const keys = await objectKeys(plane, '');
    expect(keys.some((key) => key.includes('/journal/'))).toBe(true);
    expect(keys.some((key) => key.endsWith('/manifest.json'))).toBe(true);
    for (const key of keys) {
      // Retention of another file's instance may have deleted it since it was listed.
      const text = await readFile(join(plane.objects, key), 'latin1').catch(goneIsEmpty);
      expect(found(text, secrets), key).toEqual([]);
    }
  });

  test('in no log file of the plane', async () => {
    const { logs } = plane.embedded.home;
    for (const name of await readdir(logs)) {
      expect(found(await readFile(join(logs, name), 'utf8'), secrets), name).toEqual([]);
    }
  });

  test('in no file of the instance that is rendered, and no secret file that others may read', async () => {
    for (const name of ['docker-compose.yml', '.drydock/instance.json', '.drydock/edge/haproxy.cfg']) {
      expect(found(await readFile(join(instance.directory, name), 'utf8'), secrets), name).toEqual([]);
    }
    const { stdout } = await execa('stat', ['--format=%a', join(instance.directory, '.env')]);
    expect(stdout).toBe('600');
  });
});

async function secretsOf({ embedded }: Plane, { directory }: InstanceClient): Promise<Record<string, string>> {
  const env = parseEnv(await readFile(join(directory, '.env'), 'utf8'));
  const generated = Object.entries(env).filter(([, value]) => /^[0-9a-f]{64}$/.test(value));
  const keys = JSON.parse(await readFile(embedded.home.objectStoreKeys, 'utf8')) as { secretAccessKey: string };
  const identity = /AGE-SECRET-KEY-\S+/.exec(await readFile(embedded.home.identity, 'utf8'))?.[0] ?? '';
  return { ...Object.fromEntries(generated), s3: keys.secretAccessKey, age: identity };
}

/** Names of the secrets in a text, as they are or in base64, wherever in a longer value they begin. */
function found(text: string, secrets: Record<string, string>): string[] {
  return Object.entries(secrets).flatMap(([name, value]) => {
    const encoded = [0, 1, 2].map((shift) =>
      Buffer.from(`${' '.repeat(shift)}${value}`)
        .toString('base64')
        .slice(shift === 0 ? 0 : 4, -4),
    );
    return [value, ...encoded].some((form) => text.includes(form)) ? [name] : [];
  });
}

function goneIsEmpty(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

/** Every string of a message of Temporal, its payloads decoded. */
function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (Array.isArray(value)) return value.flatMap(texts);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...texts(inner)]);
}

/** Looks at every process of the machine again and again: what lives shorter than a look is not seen. */
async function watchCommandLines(seen: Set<string>, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    for (const pid of pids) {
      seen.add((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '));
    }
    await pause(50);
  }
}
