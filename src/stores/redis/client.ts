import { createClient, ErrorReply } from 'redis';
import { DrydockError } from '../../errors.ts';
import { pause } from '../abort.ts';
import type { RunningService } from '../store.ts';
import { withoutSecret } from '../tools.ts';

type Send = (...command: string[]) => Promise<unknown>;

/** One connection for a few commands. It does not reconnect: trying again is the caller's. */
export async function withRedis<T>(at: RunningService, act: (send: Send) => Promise<T>): Promise<T> {
  const client = createClient({
    socket: { host: at.address, port: 6379, connectTimeout: 5_000, reconnectStrategy: false },
    RESP: 2,
    ...(at.secret === undefined ? {} : { password: at.secret }),
    ...(at.user === '' ? {} : { username: at.user }),
  });
  // Every failure also rejects the command it broke.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await act((...command) => client.sendCommand(command));
  } catch (cause) {
    throw cause instanceof DrydockError ? cause : redisFailure(at, cause);
  } finally {
    client.destroy();
  }
}

/** Fields of `INFO <section>`. */
export async function info(send: Send, section: string): Promise<Map<string, string>> {
  const lines = String(await send('INFO', section)).split('\r\n');
  const fields = lines.filter((line) => line.includes(':')).map((line) => line.split(/:(.*)/s));
  return new Map(fields.map(([name = '', value = '']) => [name, value]));
}

/** Value of one configuration parameter. */
export async function parameter(send: Send, name: string): Promise<string> {
  const answer = await send('CONFIG', 'GET', name);
  if (Array.isArray(answer) && typeof answer[1] === 'string') return answer[1];
  throw new DrydockError('tool-failed', `ask a Redis server for its parameter ${name}: it does not tell`);
}

/**
 * Has the server write its RDB file anew. Done is: no save runs, the last one succeeded, and its time moved on. The time
 * has a resolution of a second, so a save in the second of the one before would never be seen: we wait that second out.
 */
export async function saveInBackground(at: RunningService, send: Send, signal: AbortSignal): Promise<void> {
  const earlier = await whileSaving(send, signal);
  while (Number((await serverTime(send))[0]) <= earlier) await pause(100, signal);

  const answer = String(await send('BGSAVE', 'SCHEDULE'));
  const started = !answer.includes('scheduled');
  for (;;) {
    signal.throwIfAborted();
    const state = await info(send, 'persistence');
    const running = state.get('rdb_bgsave_in_progress') === '1';
    const failed = state.get('rdb_last_bgsave_status') !== 'ok';
    if (!running && !failed && Number(state.get('rdb_last_save_time')) > earlier) return;
    if (!running && failed && started) {
      throw new DrydockError('tool-failed', `save store ${at.store} of ${at.instance}: the background save failed`, {
        next: 'the log of the container says why: mostly the disk is full or there is no memory to fork',
      });
    }
    await pause(100, signal);
  }
}

/** Waits until no save runs; returns when the last one ended, in seconds. A save that has begun cannot be called off. */
export async function whileSaving(send: Send, signal = new AbortController().signal): Promise<number> {
  for (;;) {
    const state = await info(send, 'persistence');
    if (state.get('rdb_bgsave_in_progress') !== '1') return Number(state.get('rdb_last_save_time'));
    await pause(200, signal);
  }
}

async function serverTime(send: Send): Promise<unknown[]> {
  const answer = await send('TIME');
  return Array.isArray(answer) ? answer : [];
}

function redisFailure(at: RunningService, cause: unknown): DrydockError {
  const message = withoutSecret(cause instanceof Error ? cause.message : String(cause), at);
  const name = `store ${at.store} of ${at.instance}`;
  if (/^(WRONGPASS|NOAUTH|NOPERM)/.test(message)) {
    return new DrydockError('refused', `log in to ${name}: ${message}`, {
      next: 'the password in the .env of the instance is not the one the server was started with',
    });
  }
  const answered = cause instanceof ErrorReply && !/^(LOADING|BUSY|MASTERDOWN)/.test(message);
  return new DrydockError(answered ? 'tool-failed' : 'unavailable', `ask ${name}: ${message}`, { cause });
}
