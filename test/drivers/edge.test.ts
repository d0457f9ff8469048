import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createContainerRuntime } from '../../src/drivers/docker/engine.ts';
import { type EdgePlan, edgeHealthPath, renderEdge } from '../../src/edges/haproxy/config.ts';
import { createHaproxyEdge } from '../../src/edges/haproxy/driver.ts';
import { createFakeEdge } from '../support/fakes/edge.ts';
import { describeEdge, edgePlan } from './edge.suite.ts';
import { keepAsking, proxyImage, startEdgeStack } from './edge-stack.ts';

const made: string[] = [];
async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ddt-edge-'));
  made.push(path);
  return path;
}
afterAll(() => Promise.all(made.map((path) => rm(path, { recursive: true }))));

describeEdge('fake', () => ({ edge: createFakeEdge(), directory }));
describeEdge('haproxy that does not run', () => ({ edge: createHaproxyEdge(), directory }));

describe('edge configuration', () => {
  test('haproxy accepts several routes and store ports without a network', async () => {
    const at = await directory();
    const plan: EdgePlan = {
      ...edgePlan,
      routes: [...edgePlan.routes, { name: 'frontend', listenPort: 10_001, service: 'frontend', target: 3000 }],
      storePorts: [{ listenPort: 11_000, service: 'neo4j', target: 7687 }],
    };
    await createHaproxyEdge().prepare(at, renderEdge(plan));
    const checked = await createContainerRuntime({ socketPath: '/var/run/docker.sock' }).run({
      name: `ddt-edge-check-${process.pid}`,
      image: proxyImage,
      command: ['haproxy', '-c', '-f', `${plan.mountPoint}/haproxy.cfg`],
      mounts: [{ kind: 'bind', source: at, target: plan.mountPoint, access: 'read-only' }],
      labels: { 'drydock.test': 'edge' },
    });
    expect(checked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Configuration file is valid') });
  });

  test('a plan that cannot be served or written safely is refused with all its problems', () => {
    const plan = {
      ...edgePlan,
      routes: [...edgePlan.routes, ...edgePlan.routes],
      readOnly: { allow: ['POST /search}', 'GET /x'], retryAfterSeconds: 30 },
    };
    expect(() => renderEdge(plan)).toThrow(
      expect.objectContaining({ code: 'invalid-input', problems: expect.objectContaining({ length: 4 }) }),
    );
  });
});

describe('edge: haproxy that runs', () => {
  const edge = createHaproxyEdge();
  let stack: Awaited<ReturnType<typeof startEdgeStack>>;
  beforeAll(async () => {
    stack = await startEdgeStack(edge, edgePlan);
    await stack.waitUntilServing();
  });
  afterAll(() => stack.stop());

  test('traffic is not pointed at a colour that has no container', async () => {
    await expect.poll(async () => (await stack.ask('GET', '/')).body).toBe('blue');
    await expect(edge.setColour(stack.at, 'green')).rejects.toMatchObject({ code: 'unhealthy' });
    expect(await stack.ask('GET', '/')).toMatchObject({ status: 200, body: 'blue' });
  });

  test('no request fails while traffic moves between colours, writes included', async () => {
    await stack.startColour('green');
    const clients = keepAsking(stack);
    for (const colour of ['green', 'blue', 'green'] as const) {
      const other = colour === 'green' ? 'blue' : 'green';
      const before = clients.served[other] ?? 0;
      await expect.poll(() => clients.served[other]).toBeGreaterThan(before + 500);
      await edge.setColour(stack.at, colour);
      expect(await edge.drainColour(stack.at, other, 20_000)).toEqual({ left: 0 });
    }
    const before = clients.served['green'] ?? 0;
    await stack.blue.stop({ t: 1 });
    await expect.poll(() => clients.served['green']).toBeGreaterThan(before + 500);
    const { failures, served } = await clients.stop();
    expect(failures).toEqual([]);
    const seen = await edge.traffic(stack.at, 'green');
    expect(seen.requests).toBeGreaterThanOrEqual(served['green'] ?? 0);
    expect(seen.errors).toBe(0);
    // The application waits 5 ms before it answers.
    expect(seen.averageMs).toBeGreaterThanOrEqual(5);
  });

  test('read-only refuses writes with the time to come back, reads and allowed searches pass', async () => {
    await edge.setMode(stack.at, 'read-only');
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'MKCOL']) {
      const refused = await stack.ask(method, '/thing', 'x');
      expect(refused).toMatchObject({
        status: 503,
        headers: { 'retry-after': '30', 'content-type': 'application/json' },
      });
      expect(JSON.parse(refused.body)).toEqual({ error: 'read-only', instance: 'pharma', retryAfterSeconds: 30 });
    }
    for (const path of ['/search/more', '//search', '/search/../thing', '/%73earch']) {
      expect(await stack.ask('POST', path)).toMatchObject({ status: 503 });
    }
    expect(await stack.ask('POST', '/search', '{}')).toMatchObject({ status: 200 });
    expect(await stack.ask('POST', '/search?limit=3', '{}')).toMatchObject({ status: 200 });
    expect(await stack.ask('GET', '/thing')).toMatchObject({ status: 200 });
    expect((await stack.ask('GET', edgeHealthPath)).body).toBe('{"instance":"pharma","mode":"read-only"}');
  });

  test('a large upload reads the refusal too', async () => {
    expect(await stack.ask('POST', '/thing', 'x'.repeat(20_000_000))).toMatchObject({ status: 503 });
  });

  test('mode and colour survive a restart of the proxy', async () => {
    await stack.proxy.restart({ t: 5 });
    await stack.waitUntilServing();
    expect(await edge.mode(stack.at)).toBe('read-only');
    expect(await stack.ask('POST', '/thing')).toMatchObject({ status: 503 });
    await expect.poll(async () => (await stack.ask('GET', '/')).body).toBe('green');
  });

  test('maintenance answers everything itself, but its own health', async () => {
    await edge.setMode(stack.at, 'maintenance');
    expect(await stack.ask('GET', '/')).toMatchObject({ status: 503, headers: { 'retry-after': '30' } });
    expect(await stack.ask('POST', '/search')).toMatchObject({ status: 503 });
    expect(await stack.ask('GET', edgeHealthPath)).toMatchObject({ status: 200 });
    await edge.setMode(stack.at, 'open');
  });

  test('draining writes waits for a slow one that was accepted, and says how many were left', async () => {
    const slow = stack.ask('POST', '/slow', '2');
    await expect.poll(() => edge.drainWrites(stack.at, 0)).toEqual({ left: 1 });
    await edge.setMode(stack.at, 'read-only');
    expect(await edge.drainWrites(stack.at, 200)).toEqual({ left: 1 });
    expect(await edge.drainWrites(stack.at, 20_000)).toEqual({ left: 0 });
    expect(await slow).toMatchObject({ status: 200, body: 'green' });
    await edge.setMode(stack.at, 'open');
  });

  test('what a colour cannot answer counts as its error, what the mode refuses does not', async () => {
    const before = await edge.traffic(stack.at, 'green');
    await edge.setMode(stack.at, 'read-only');
    expect(await stack.ask('POST', '/thing')).toMatchObject({ status: 503 });
    await edge.setMode(stack.at, 'open');
    expect(await stack.ask('GET', '/broken')).toMatchObject({ status: 500 });
    // HAProxy counts when the exchange is over, which may be after the client has its answer.
    const counted = { requests: before.requests + 1, errors: before.errors + 1 };
    await expect.poll(() => edge.traffic(stack.at, 'green')).toMatchObject(counted);
  });

  test('a colour whose container stopped is served again soon after it starts', async () => {
    await stack.startBlueAgain();
    await edge.setColour(stack.at, 'blue');
    await expect.poll(async () => (await stack.ask('GET', '/')).body).toBe('blue');
    const { errors } = await edge.traffic(stack.at, 'blue');
    await stack.blue.stop({ t: 1 });
    // On a connection that was kept HAProxy closes instead, and leaves it to the client to ask again.
    const fresh = new Agent({ keepAlive: false });
    expect(await stack.ask('GET', '/', '', fresh)).toMatchObject({ status: 503 });
    await expect.poll(async () => (await edge.traffic(stack.at, 'blue')).errors).toBe(errors + 1);
    await delay(2000); // until the name is known to be gone
    await stack.startBlueAgain();
    const answersAt = performance.now();
    await expect.poll(async () => (await stack.ask('GET', '/')).body, { interval: 50 }).toBe('blue');
    expect(performance.now() - answersAt).toBeLessThan(2500);
    await edge.setColour(stack.at, 'green');
  });

  test('a changed configuration is noticed, also by a repetition', async () => {
    expect(await edge.prepare(stack.at, renderEdge(edgePlan))).toBe('ready');
    const changed = renderEdge({ ...edgePlan, readOnly: { allow: [], retryAfterSeconds: 60 } });
    expect(await edge.prepare(stack.at, changed)).toBe('restart-needed');
    expect(await edge.prepare(stack.at, changed)).toBe('restart-needed');
    await stack.proxy.restart({ t: 5 });
    await stack.waitUntilServing();
    expect(await edge.prepare(stack.at, changed)).toBe('ready');
    expect(await edge.mode(stack.at)).toBe('open');
  });

  test('query strings do not reach the log, and the socket is closed to others', async () => {
    await stack.ask('GET', '/thing?token=hunter2');
    await expect.poll(() => stack.logOfProxy()).toContain('GET /thing');
    expect(await stack.logOfProxy()).not.toContain('hunter2');
    expect((await stat(join(stack.at, 'admin.sock'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(stack.at, 'colour.map'), 'utf8')).toBe('release green\n');
  });
});
