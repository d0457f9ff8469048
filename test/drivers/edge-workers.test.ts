import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allWorkers } from '../../src/edges/haproxy/workers.ts';

let at: string;
let master: Server | undefined;
beforeEach(async () => {
  at = await mkdtemp(join(tmpdir(), 'drydock-workers-'));
});
afterEach(async () => {
  master?.close();
  master = undefined;
  await rm(at, { recursive: true });
});

/** A master that gives these answers to a command, one after the other, and then the last again. Nothing is a closed connection. */
async function answering(answers: Record<string, string[]>): Promise<void> {
  master = createServer({ allowHalfOpen: true }, (socket) => {
    socket.setEncoding('utf8');
    socket.once('data', (text: string) => {
      const left = answers[text.trim()] ?? [];
      socket.end((left.length > 1 ? left.shift() : left[0]) ?? '');
    });
  }).listen(join(at, 'master.sock'));
  await once(master, 'listening');
}

const workers = '#<PID> <type>\n3 master\n# workers\n12 worker\n';
const oneLeaves = `${workers}# old workers\n11              worker          1\n`;

test('a worker that leaves is asked again when the master is silent: silence is no proof that it is gone', async () => {
  await answering({ 'show proc': ['', oneLeaves], '@!11 show map': ['', '1 (/edge/mode.map)\n'] });
  const [, leaving, ...more] = await allWorkers(at);
  expect(more).toEqual([]);
  expect(await leaving?.('show map')).toBe('1 (/edge/mode.map)\n');
});

test('a worker is gone when the master says so, or lists it no longer', async () => {
  await answering({
    'show proc': [oneLeaves, workers],
    '@!11 show map': [''],
    '@!11 show stat': ["Can't find the target PID matching the prefix '@!11'\n"],
  });
  const [, leaving] = await allWorkers(at);
  expect(await leaving?.('show map')).toBeUndefined();
  expect(await leaving?.('show stat')).toBeUndefined();
});

test('without a proxy there is nobody to ask', async () => {
  const [serving, ...leaving] = await allWorkers(at);
  expect(leaving).toEqual([]);
  expect(await serving?.('show map')).toBeUndefined();
});
