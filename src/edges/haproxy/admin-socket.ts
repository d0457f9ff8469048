import { open } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { DrydockError } from '../../errors.ts';

const answerTimeoutMs = 5_000;

/** Sends the proxy one command over its admin socket. Undefined when no proxy listens there. */
export function askProxy(at: string, command: string): Promise<string | undefined> {
  return ask(at, 'admin.sock', command);
}

/** Sends a command to the master process, which starts and ends workers and closes the connection on reload. */
export function askMaster(at: string, command: string): Promise<string | undefined> {
  return ask(at, 'master.sock', command);
}

async function ask(at: string, socket: string, command: string): Promise<string | undefined> {
  // A socket's path may have at most 107 bytes; the path through the open directory is always short enough.
  const directory = await open(at).catch(() => {
    throw new DrydockError('not-found', `reach the edge in ${at}: there is no such directory`);
  });
  try {
    return await exchange(join('/proc/self/fd', String(directory.fd), socket), command);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return undefined;
    // A reload restarts the master.
    if (code === 'ECONNRESET' && socket === 'master.sock') return '';
    throw new DrydockError('unavailable', `ask the edge in ${at} for '${command}': ${message}`, {
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
    // Without an end of input, the master waits for another command.
    socket.on('connect', () => socket.end(`${command}\n`));
    socket.on('data', (text) => {
      answer += text;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
