import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { startLoad } from '../support/load.ts';
import { createRequestLog } from '../support/request-log.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, number: number) => void;

/** Answers as the given function says, once the request has arrived as a whole. */
async function serve(answer: Answer): Promise<string> {
  let number = 0;
  const server = createServer(async (request, response) => {
    await text(request);
    answer(request, response, number++);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const acknowledge: Answer = (_, response, number) => {
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ id: `document-${number}` }));
};
const refuse =
  (error: string): Answer =>
  (_, response) => {
    response.writeHead(503, { 'retry-after': '30' }).end(JSON.stringify({ error }));
  };

test('every client keeps one connection, and every acknowledged write is remembered', async () => {
  const load = startLoad({ address: await serve(acknowledge), connections: 5, requestsPerSecond: 2000, writeEvery: 4 });
  await load.reached(200);
  await load.stop();
  const counts = load.log.counts();
  expect(counts).toEqual({ answered: counts.total, refused: 0, closed: 0, failed: 0, total: load.log.length });
  expect(load.connectionsOpened()).toBe(5);
  expect(load.acknowledged).toHaveLength(load.log.counts({ kinds: ['write'] }).total);
  expect(new Set(load.acknowledged.map(({ concept }) => concept)).size).toBe(load.acknowledged.length);
});

test('what the edge refuses is told apart from what fails', async () => {
  const answers = [refuse('read-only'), refuse('maintenance'), refuse('neo4j is not available'), acknowledge];
  const address = await serve((request, response, number) => answers[number % 4]?.(request, response, number));
  const load = startLoad({ address, connections: 1, requestsPerSecond: 2000, writeEvery: 1 });
  await load.reached(40);
  await load.stop();
  const { answered, refused, closed, failed } = load.log.counts({ kinds: ['write'] });
  for (const count of [answered, refused, closed, failed]) expect(count).toBeGreaterThanOrEqual(10);
  expect(load.acknowledged).toHaveLength(answered);
  expect(load.log.problems()).toMatchObject([{ problem: expect.stringContaining('neo4j'), count: failed }]);
});

test('a connection that breaks is one failed request, and the client goes on with another', async () => {
  const address = await serve((request, response, number) => {
    if (number === 3) request.socket.destroy();
    else acknowledge(request, response, number);
  });
  const load = startLoad({ address, connections: 1, requestsPerSecond: 2000, writeEvery: 0 });
  await load.reached(20);
  await load.stop();
  expect(load.log.counts().failed).toBe(1);
  expect(load.log.problems()).toMatchObject([{ problem: expect.stringContaining('on a kept connection') }]);
  expect(load.connectionsOpened()).toBe(2);
});

test('no more is sent than the rate allows', async () => {
  const address = await serve(acknowledge);
  const began = Date.now();
  const load = startLoad({ address, connections: 10, requestsPerSecond: 200, writeEvery: 10 });
  await load.reached(100);
  await load.stop();
  expect(Date.now() - began).toBeGreaterThanOrEqual(440);
});

test('a log answers for a time and a kind, over many requests', () => {
  const log = createRequestLog();
  for (let ms = 1; ms <= 20_000; ms++) log.add({ at: ms, kind: 'list', outcome: 'answered', status: 200, ms });
  log.add({ at: 20_001, kind: 'write', outcome: 'failed', status: 500, ms: 5 }, 'write: status 500');
  expect(log.percentile(0.99, { kinds: ['list'] })).toBe(19_800);
  expect(log.percentile(0.5, { from: 10_001, to: 20_001 })).toBe(15_000);
  expect(log.percentile(0.5, { kinds: ['search'] })).toBeNaN();
  expect([...log.records({ outcomes: ['failed'] })]).toEqual([
    { at: 20_001, kind: 'write', outcome: 'failed', status: 500, ms: 5 },
  ]);
});
