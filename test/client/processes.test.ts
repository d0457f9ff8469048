import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processBirth } from '../../src/client/embedded/birth.ts';
import { type Home, homeAt, makeDirectories } from '../../src/client/embedded/home.ts';
import { withHomeLock } from '../../src/client/embedded/lock.ts';
import { requireFreePorts } from '../../src/client/embedded/ports.ts';
import {
  kill,
  logFile,
  type ProcessSpec,
  running,
  start,
  stop,
  waitUntilAnswers,
} from '../../src/client/embedded/processes.ts';

let home: Home;

beforeEach(() => {
  home = homeAt(mkdtempSync(join(tmpdir(), 'drydock-home-')));
  makeDirectories(home);
});

afterEach(async () => {
  await stop(home, 'temporal', 1000);
  rmSync(home.directory, { recursive: true });
});

function node(script: string, answers: ProcessSpec['answers'] = async () => true): ProcessSpec {
  const limits = { startWithinMs: 10_000, stopWithinMs: 1000 };
  return { name: 'temporal', command: process.execPath, args: ['-e', script], env: {}, ports: [], answers, ...limits };
}

const sleeper = node('setInterval(() => {}, 1000)');

describe('a process of the embedded plane', () => {
  it('is known while it runs and stopped by its own name', async () => {
    const { pid } = await start(home, sleeper);
    expect(running(home, 'temporal')?.pid).toBe(pid);
    expect(await stop(home, 'temporal', 5000)).toBe('stopped');
    expect(processBirth(pid)).toBeUndefined();
    expect(await stop(home, 'temporal', 5000)).toBe('absent');
  });

  it('is killed when it does not end in time', async () => {
    const stubborn = node("process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)");
    await start(home, stubborn);
    await expect.poll(() => readFileSync(logFile(home, 'temporal'), 'utf8')).toBe('up\n');
    expect(await stop(home, 'temporal', 200)).toBe('killed');
  });

  it('is gone after a kill, and may be started again', async () => {
    await start(home, sleeper);
    await kill(home, 'temporal');
    expect(running(home, 'temporal')).toBeUndefined();
    await start(home, sleeper);
    expect(running(home, 'temporal')).toBeDefined();
  });

  it('is never mistaken for another one that got its pid', async () => {
    const stranger = { pid: process.pid, birth: 'another boot/1', startedAt: new Date().toISOString() };
    writeFileSync(join(home.run, 'temporal.json'), JSON.stringify(stranger));
    expect(running(home, 'temporal')).toBeUndefined();
    expect(await stop(home, 'temporal', 1000)).toBe('absent');
    expect(processBirth(process.pid)).toBeDefined();
  });

  it('that ends before it answers is reported with the end of its log', async () => {
    const broken = node("console.log('no such file: x'); process.exit(3)", async () => false);
    const waiting = waitUntilAnswers(home, broken, await start(home, broken));
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable', problems: ['no such file: x'] });
  });

  it('that cannot be run at all says so', async () => {
    const missing = { ...sleeper, command: '/nowhere/temporal' };
    await expect(start(home, missing)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a port that is taken', () => {
  it('is refused with the name of its holder', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await expect(requireFreePorts([port], 'temporal')).rejects.toMatchObject({
        code: 'refused',
        problems: [
          expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:${port} is held by process .* \\(pid ${process.pid}\\)$`)),
        ],
      });
    } finally {
      server.close();
    }
  });
});

describe('the lock of a home', () => {
  it('lets one act at a time', async () => {
    const inside = withHomeLock(home, () => withHomeLock(home, async () => 'both'));
    await expect(inside).rejects.toMatchObject({ code: 'refused' });
    expect(await withHomeLock(home, async () => 'free again')).toBe('free again');
  });

  it('is taken over from a process that died', async () => {
    writeFileSync(home.lock, `${process.pid} another boot/1`);
    expect(await withHomeLock(home, async () => 'taken')).toBe('taken');
  });
});
