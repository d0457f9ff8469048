import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KeyService } from '../../src/stores/redis/client.ts';
import { createRedisStore } from '../../src/stores/redis/driver.ts';
import { serviceBench } from '../support/store-bench.ts';
import {
  createStoreContainers,
  docker,
  hasStore,
  redisCommand,
  type StoreContainers,
  waitHealthy,
} from '../support/store-containers.ts';
import { storeSuite, take } from './store.suite.ts';

const never = new AbortController().signal;
const silent = () => undefined;

describe.skipIf(!(await hasStore('redis')))('Redis', () => {
  storeSuite('redis', async () => {
    const containers = await createStoreContainers();
    const live = await containers.start('redis', await containers.place('redis'));
    await fill(live);
    return {
      ...serviceBench('redis', containers, createRedisStore(containers.runtime), live),
      async leftBehind() {
        const files = await docker('exec', live.container, 'ls', '/data');
        return [...(await containers.strangers()), ...files.split('\n').filter((name) => name.includes('.rdb'))];
      },
    };
  });

  describe('a captured queue', () => {
    let containers: StoreContainers;
    let staging: string;
    beforeEach(async () => {
      containers = await createStoreContainers();
      staging = await mkdtemp(join(tmpdir(), 'drydock-redis-'));
    });
    afterEach(async () => {
      await containers.dispose();
      await rm(staging, { recursive: true });
    });

    test('is not empty in a server without an append-only file, nor in one with it after a restart', async () => {
      const driver = createRedisStore(containers.runtime);
      const off = { command: redisCommand(containers.secret, 'no') };
      const live = await containers.start('redis', await containers.place('redis'), off);
      await fill(live);
      const contents = await driver.contents(live);
      await take(driver, live, staging);
      for (const mode of ['no', 'yes'] as const) {
        const tools = await containers.place('redis');
        await driver.load(tools, staging, silent, never);
        const options = { command: redisCommand(containers.secret, mode) };
        const restored = await containers.start('redis', tools, options);
        expect(await driver.contents(restored)).toEqual(contents);
        if (mode === 'no') continue;
        await docker('restart', restored.container);
        await waitHealthy(containers.runtime, restored.container, 60_000);
        expect(await driver.contents(await containers.found(restored))).toEqual(contents);
      }
    });

    test('says what it holds, also when the server was written before and after it', async () => {
      const driver = createRedisStore(containers.runtime);
      const live = await containers.start('redis', await containers.place('redis'));
      await fill(live);
      const counted = await driver.contents(live);
      await withClient(live, 5, (client) => client.set('written-before', 'the freeze'));
      await driver.freeze(live, staging, silent, never);
      await withClient(live, 5, (client) => client.set('written-after', 'the freeze'));
      await driver.capture(live, staging, silent, never);
      const { contents } = await driver.check(live, staging, silent, never);
      expect(contents).toEqual({ ...counted, keys: 1 + ('keys' in counted ? counted.keys : 0) });
    });

    test('is not taken from a later save, nor lost by one once it has begun', async () => {
      const driver = createRedisStore(containers.runtime);
      const live = await containers.start('redis', await containers.place('redis'));
      await driver.freeze(live, staging, silent, never);
      await later(3000);
      await withClient(live, 0, (client) => client.sendCommand(['SAVE']));
      await expect(driver.capture(live, staging, silent, never)).rejects.toMatchObject({ code: 'mismatch' });
      await driver.thaw(live, staging, never);

      await fill(live);
      const counted = await driver.contents(live);
      await driver.freeze(live, staging, silent, never);
      const stopped = new AbortController();
      const begun = driver.capture(live, staging, () => stopped.abort(new Error('stopped')), stopped.signal);
      await expect(begun).rejects.toThrow('stopped');
      await withClient(live, 0, (client) => client.flushAll());
      await later(3000);
      await withClient(live, 0, (client) => client.sendCommand(['SAVE']));
      await driver.capture(live, staging, silent, never);
      expect(await driver.check(live, staging, silent, never)).toMatchObject({ contents: counted });
    });

    test('belongs to the user of the server and is writable by it', async () => {
      const driver = createRedisStore(containers.runtime);
      const live = await containers.start('redis', await containers.place('redis'));
      await fill(live);
      await take(driver, live, staging);
      const tools = await containers.place('redis');
      await driver.load(tools, staging, silent, never);
      const restored = await containers.start('redis', tools);
      const before = await driver.contents(restored);
      await withClient(restored, 0, (client) => client.set('written-after', 'the restore'));
      expect(await driver.contents(restored)).not.toEqual(before);
    });

    test('is saved although a save ended in the same second', async () => {
      const driver = createRedisStore(containers.runtime);
      const live = await containers.start('redis', await containers.place('redis'));
      await fill(live);
      for (let turn = 0; turn < 3; turn += 1) await take(driver, live, staging);
      await driver.check(live, staging, silent, never);
    });

    test('leaves no RDB file of an earlier capture that was killed', async () => {
      const driver = createRedisStore(containers.runtime);
      const live = await containers.start('redis', await containers.place('redis'));
      await withClient(live, 0, (client) => client.sendCommand(['SAVE']));
      await writeFile(join(staging, '.frozen.json'), JSON.stringify({ path: '/data/dump.rdb', ours: true }));
      await take(driver, live, staging);
      expect(await docker('exec', live.container, 'ls', '/data')).not.toContain('dump.rdb');
      expect(await readdir(staging)).toEqual(['dump.rdb']);
    });

    test('keeps the RDB file that was there before', async () => {
      const driver = createRedisStore(containers.runtime);
      const live = await containers.start('redis', await containers.place('redis'));
      await withClient(live, 0, (client) => client.sendCommand(['SAVE']));
      await take(driver, live, staging);
      expect(await docker('exec', live.container, 'ls', '/data')).toContain('dump.rdb');
    });
  });
});

async function fill(at: KeyService): Promise<void> {
  await withClient(at, 0, async (client) => {
    const pairs = Array.from({ length: 20_000 }, (_, index): [string, string] => [`key:${index}`, `value ${index}`]);
    await client.mSet(pairs);
    for (let index = 0; index < 50; index += 1) await client.expire(`key:${index}`, 86_400);
    await client.rPush('queue', ['first', 'second']);
    await client.hSet('job:1', { state: 'waiting', text: 'naïve' });
  });
  await withClient(at, 3, (client) => client.set('elsewhere', 'x', { expiration: { type: 'EX', value: 86_400 } }));
}

async function withClient(
  at: KeyService,
  database: number,
  act: (client: ReturnType<typeof clientFor>) => Promise<unknown>,
): Promise<void> {
  const client = clientFor(at, database);
  await client.connect();
  try {
    await act(client);
  } finally {
    client.destroy();
  }
}

function clientFor(at: KeyService, database: number) {
  return createClient({ socket: { host: at.address }, password: at.secret ?? '', database });
}
