import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DrydockError } from '../../errors.ts';
import { eventually } from '../../eventually.ts';
import { jsonIn } from '../../json.ts';
import { processBirth } from './birth.ts';
import { type Home, writeWhole } from './home.ts';

export const processNames = [
  'object-store',
  'temporal',
  'temporal-ui',
  'prometheus',
  'control-worker',
  'host-worker',
] as const;
export type ProcessName = (typeof processNames)[number];

/** How one process runs. It gets exactly this environment. */
export interface ProcessSpec {
  name: ProcessName;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Ports it will listen on, on 127.0.0.1. */
  ports: readonly number[];
  /** True when the process answers. Errors count as not yet. */
  answers(startedAt: Date): Promise<boolean>;
  startWithinMs: number;
}

/** Pid and birth identify a process, so that a reused pid is never taken for ours. */
const PidFile = z.strictObject({ pid: z.int(), birth: z.string(), startedAt: z.iso.datetime() });
export type Running = z.infer<typeof PidFile>;

const logLimitBytes = 50 * 1024 ** 2;

export function logFile(home: Home, name: ProcessName): string {
  return join(home.logs, `${name}.log`);
}

/** The running process of this name; the pid file of a dead process counts as none. */
export function running(home: Home, name: ProcessName): Running | undefined {
  const path = pidFile(home, name);
  if (!existsSync(path)) return undefined;
  const parsed = PidFile.safeParse(jsonIn(readFileSync(path, 'utf8')));
  if (!parsed.success || processBirth(parsed.data.pid) !== parsed.data.birth) return undefined;
  return parsed.data;
}

/** Starts a process in its own session, so that it outlives this command and its terminal. */
export async function start(home: Home, spec: ProcessSpec): Promise<Running> {
  const log = openLog(logFile(home, spec.name));
  const child = spawn(spec.command, spec.args, {
    cwd: home.directory,
    env: { ...spec.env },
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const failure = new Promise<Error>((resolve) => child.once('error', resolve));
  const started = new Promise<undefined>((resolve) => child.once('spawn', () => resolve(undefined)));
  const failed = await Promise.race([failure, started]);
  if (failed !== undefined || child.pid === undefined) {
    throw new DrydockError('unavailable', `start ${spec.name} (${spec.command})`, { cause: failed });
  }
  child.unref();
  const now = { pid: child.pid, birth: processBirth(child.pid) ?? 'ended', startedAt: new Date().toISOString() };
  writeWhole(pidFile(home, spec.name), `${JSON.stringify(now)}\n`);
  return now;
}

/** Waits until a started process answers; an exit is reported with the end of its log. */
export async function waitUntilAnswers(home: Home, spec: ProcessSpec, process: Running): Promise<void> {
  let ended = false;
  const isSettled = async () => {
    if (await spec.answers(new Date(process.startedAt)).catch(() => false)) return true;
    ended = running(home, spec.name) === undefined;
    return ended;
  };
  if ((await eventually(isSettled, { withinMs: spec.startWithinMs, everyMs: 100 })) && !ended) return;
  const seen = ended ? 'it ended' : `no answer for ${spec.startWithinMs / 1000} s`;
  throw new DrydockError('unavailable', `start ${spec.name}: ${seen}`, {
    problems: logTail(home, spec.name),
    next: `read ${logFile(home, spec.name)}`,
  });
}

/** Ends a process: TERM, then KILL after `withinMs`. Not running is success. */
export async function stop(home: Home, name: ProcessName, withinMs: number): Promise<'stopped' | 'killed' | 'absent'> {
  if (running(home, name) === undefined) return forget(home, name, 'absent');
  signal(home, name, 'SIGTERM');
  if (await ended(home, name, withinMs)) return forget(home, name, 'stopped');
  await kill(home, name);
  return 'killed';
}

/** Ends a process as suddenly as a power cut. */
export async function kill(home: Home, name: ProcessName): Promise<void> {
  signal(home, name, 'SIGKILL');
  if (!(await ended(home, name, 10_000))) {
    throw new DrydockError('unavailable', `kill ${name}: it is still there after 10 s`);
  }
  forget(home, name, 'killed');
}

function signal(home: Home, name: ProcessName, how: 'SIGTERM' | 'SIGKILL'): void {
  const found = running(home, name);
  if (found === undefined) return;
  try {
    process.kill(found.pid, how);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function ended(home: Home, name: ProcessName, withinMs: number): Promise<boolean> {
  return eventually(async () => running(home, name) === undefined, { withinMs, everyMs: 25 });
}

function forget<Outcome>(home: Home, name: ProcessName, outcome: Outcome): Outcome {
  rmSync(pidFile(home, name), { force: true });
  return outcome;
}

function pidFile(home: Home, name: ProcessName): string {
  return join(home.run, `${name}.json`);
}

/** Keeps one old log, so that years of restarts do not fill the disk. */
function openLog(path: string): number {
  if (existsSync(path) && statSync(path).size > logLimitBytes) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function logTail(home: Home, name: ProcessName): string[] {
  const lines = readFileSync(logFile(home, name), 'utf8').trimEnd().split('\n');
  return lines.slice(-8).map((line) => line.slice(0, 400));
}
