import { createClient, ErrorReply } from 'redis';
import { z } from 'zod';
import { DrydockError } from '../../errors.ts';
import { given } from '../../given.ts';
import { pause } from '../abort.ts';
import type { RunningService } from '../store.ts';
import { withoutSecret } from '../tools.ts';
import type { KeySpec } from './kind.ts';

/** A running key store. */
export type KeyService = RunningService<KeySpec>;

type Send = (...command: string[]) => Promise<unknown>;

/** One connection for a few commands. It does not reconnect: the caller tries again. */
export async function withRedis<T>(at: KeyService, act: (send: Send) => Promise<T>): Promise<T> {
  const client = createClient({
    socket: { host: at.address, port: 6379, connectTimeout: 5_000, reconnectStrategy: false },
    RESP: 2,
    ...given({ password: at.secret }),
  });
  // Every error also rejects the command that it broke.
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
  throw new DrydockError('tool-failed', `ask a Redis server for its parameter ${name}: the answer holds no value`);
}

/** A save under way: times of the earlier save, and before and after the fork, in seconds of the server's clock. */
export const Fork = z.strictObject({ earlier: z.int(), before: z.int(), after: z.int() });
type Fork = z.infer<typeof Fork>;

/**
 * Makes the server fork to write a new RDB file, which then shows the moment of the fork. A save that ends in the same
 * second as the earlier one looks like that one, so we wait for the next second.
 */
export async function forkForSave(send: Send, signal: AbortSignal): Promise<Fork> {
  const earlier = await whileSaving(send, signal);
  while ((await serverSeconds(send)) <= earlier) await pause(100, signal);
  const before = await serverSeconds(send);
  const scheduled = String(await send('BGSAVE', 'SCHEDULE')).includes('scheduled');
  while (scheduled && !(await hasForked(send, earlier))) await pause(100, signal);
  return { earlier, before, after: await serverSeconds(send) };
}

async function hasForked(send: Send, earlier: number): Promise<boolean> {
  const state = await info(send, 'persistence');
  return state.get('rdb_bgsave_in_progress') === '1' || Number(state.get('rdb_last_save_time')) > earlier;
}

/** Waits until a fork's file is written. `other` when a later save has replaced the file. */
export async function awaitSave(
  at: KeyService,
  send: Send,
  { earlier, after }: Fork,
  signal: AbortSignal,
): Promise<'written' | 'other'> {
  const endedAt = await whileSaving(send, signal);
  const state = await info(send, 'persistence');
  if (state.get('rdb_last_bgsave_status') === 'ok' && endedAt > earlier) {
    const begunAt = endedAt - Number(state.get('rdb_last_bgsave_time_sec'));
    return begunAt <= after + 1 ? 'written' : 'other'; // both times are whole seconds
  }
  throw new DrydockError('tool-failed', `save store ${at.store} of ${at.instance}: the background save failed`, {
    next: 'the log of the container says why: mostly the disk is full or there is no memory to fork',
  });
}

/** Waits until no save runs; returns the end of the last one, in seconds. A running save cannot be cancelled. */
export async function whileSaving(send: Send, signal = new AbortController().signal): Promise<number> {
  for (;;) {
    const state = await info(send, 'persistence');
    if (state.get('rdb_bgsave_in_progress') !== '1') return Number(state.get('rdb_last_save_time'));
    await pause(200, signal);
  }
}

async function serverSeconds(send: Send): Promise<number> {
  const answer = await send('TIME');
  return Number(Array.isArray(answer) ? answer[0] : Number.NaN);
}

function redisFailure(at: KeyService, cause: unknown): DrydockError {
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
