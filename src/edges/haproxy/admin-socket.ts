import { open } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { DrydockError } from '../../errors.ts';

const answerTimeoutMs = 5_000;

/** Asks the proxy one thing over its admin socket. Undefined when no proxy listens there. */
export function askProxy(at: string, command: string): Promise<string | undefined> {
  return ask(at, 'admin.sock', command);
}

/** Asks the master process, which starts and ends the workers. It closes the connection when it reloads. */
export function askMaster(at: string, command: string): Promise<string | undefined> {
  return ask(at, 'master.sock', command);
}

async function ask(at: string, socket: string, command: string): Promise<string | undefined> {
  // A socket's path may have 107 bytes at most; through the open directory it is always short enough.
  const directory = await open(at).catch(() => {
    throw new DrydockError('not-found', `could not reach the edge in ${at}: there is no such directory`);
  });
  try {
    return await exchange(join('/proc/self/fd', String(directory.fd), socket), command);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
    // The master begins anew when it reloads.
    if (code === 'ECONNRESET' && socket === 'master.sock') return '';
    throw new DrydockError('unavailable', `could not ask the edge in ${at} for '${command}': ${message}`, {
      cause: error,
    });
  } finally {
    await directory.close();
  }
}

function exchange(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    let answer = '';
    socket.setEncoding('utf8');
    socket.setTimeout(answerTimeoutMs, () => socket.destroy(new Error(`no answer in ${answerTimeoutMs} ms`)));
    // The master waits for another command unless it hears that there is none.
    socket.on('connect', () => socket.end(`${command}\n`));
    socket.on('data', (text) => {
      answer += text;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
