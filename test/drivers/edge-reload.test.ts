import { readFile, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { renderEdge } from '../../src/edges/haproxy/config.ts';
import { createHaproxyEdge } from '../../src/edges/haproxy/driver.ts';
import { edgePlan } from './edge.suite.ts';
import { keepAsking, startEdgeStack } from './edge-stack.ts';

describe('edge: haproxy that is reloaded', () => {
  const edge = createHaproxyEdge();
  let stack: Awaited<ReturnType<typeof startEdgeStack>>;
  beforeAll(async () => {
    stack = await startEdgeStack(edge, edgePlan);
    await stack.waitUntilServing();
    await stack.startColour('green');
    await vi.waitFor(() => edge.setColour(stack.at, 'green'), { timeout: 20_000 });
  });
  afterAll(() => stack.stop());

  /** One connection that is kept, or, by default, one for each request. */
  const agent = (options: { keepAlive: boolean } = { keepAlive: false }) => {
    const made = new Agent({ ...options, maxSockets: 1 });
    onTestFinished(() => made.destroy());
    return made;
  };
  const reloadWith = async (retryAfterSeconds: number) => {
    const changed = renderEdge({ ...edgePlan, readOnly: { ...edgePlan.readOnly, retryAfterSeconds } });
    expect(await edge.prepare(stack.at, changed)).toBe('restart-needed');
    await edge.reload(stack.at);
    expect(await edge.prepare(stack.at, changed)).toBe('ready');
  };

  test('no request fails while the configuration changes again and again, and mode and colour stay', async () => {
    const clients = keepAsking(stack);
    for (const seconds of [31, 32, 33, 34, 35]) {
      const before = clients.served['green'] ?? 0;
      await expect.poll(() => clients.served['green']).toBeGreaterThan(before + 200);
      await reloadWith(seconds);
      expect(await edge.colour(stack.at)).toBe('green');
      expect(await edge.mode(stack.at)).toBe('open');
    }
    const { failures, served } = await clients.stop();
    expect(failures).toEqual([]);
    expect(served['blue']).toBe(0);
    await edge.setMode(stack.at, 'read-only');
    const refused = await stack.ask('POST', '/thing', '', agent());
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '35' } });
    await edge.setMode(stack.at, 'open');
  });

  test('a connection kept from before hears of mode and colour, once, and then belongs to the new worker', async () => {
    for (const seconds of [41, 42]) {
      const kept = agent({ keepAlive: true });
      expect(await stack.ask('GET', '/', '', kept)).toMatchObject({ status: 200 });
      await reloadWith(seconds);
      await edge.setColour(stack.at, 'blue');
      if (seconds === 41) {
        const answer = await stack.ask('GET', '/', '', kept);
        expect(answer).toMatchObject({ status: 200, headers: { connection: 'close' }, body: 'blue' });
      } else {
        await edge.setMode(stack.at, 'read-only');
        const [before, after] = [
          await stack.ask('POST', '/thing', '', kept),
          await stack.ask('POST', '/thing', '', kept),
        ];
        expect(before).toMatchObject({ status: 503, headers: { 'retry-after': '41' } });
        expect(after).toMatchObject({ status: 503, headers: { 'retry-after': '42' } });
        await edge.setMode(stack.at, 'open');
      }
      await edge.setColour(stack.at, 'green');
    }
  });

  test('draining waits for a write that was begun before', async () => {
    const slow = stack.ask('POST', '/slow', '3', agent());
    await expect.poll(() => edge.drainWrites(stack.at, 0)).toEqual({ left: 1 });
    await reloadWith(51);
    expect(await edge.drainWrites(stack.at, 200)).toEqual({ left: 1 });
    expect(await edge.drainColour(stack.at, 'green', 200)).toEqual({ left: 1 });
    expect(await edge.drainWrites(stack.at, 20_000)).toEqual({ left: 0 });
    expect(await slow).toMatchObject({ status: 200, body: 'green' });
  });

  test('a configuration that the proxy does not take is reported, and what ran before serves on', async () => {
    const path = join(stack.at, 'haproxy.cfg');
    const good = await readFile(path, 'utf8');
    await writeFile(path, `${good}\nnonsense\n`);
    await expect(edge.reload(stack.at)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await stack.ask('GET', '/', '', agent())).toMatchObject({ status: 200, body: 'green' });
    await writeFile(path, good);
    await edge.reload(stack.at);
    expect(await stack.ask('GET', '/', '', agent())).toMatchObject({ status: 200, body: 'green' });
  });
});
