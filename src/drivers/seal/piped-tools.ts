import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { DrydockError } from '../../errors.ts';

export interface Tool {
  program: string;
  args: readonly string[];
}

/** `ended` resolves when every program succeeded, and rejects with the first failure. */
export interface PipedTools {
  /** Present when the first program reads from this process instead of a file. */
  input: Writable | undefined;
  ended: Promise<void>;
  kill(): void;
}

/** How one program of a pipe ended; `signal` is absent when it exited by itself. */
export class ToolFailure extends DrydockError {
  readonly program: string;
  readonly stderr: string;
  readonly signal: string | undefined;

  constructor(tool: Tool, end: ToolEnd) {
    const how = end.missing
      ? 'could not be started'
      : end.signal === undefined
        ? `ended with code ${end.exitCode}`
        : `was ended by ${end.signal}`;
    const saw = end.stderr === '' ? '' : `: ${end.stderr}`;
    super(/no space left on device/i.test(end.stderr) ? 'no-space' : 'tool-failed', `${tool.program} ${how}${saw}`, {
      ...(end.missing ? { next: `install ${tool.program} on this host` } : {}),
    });
    this.program = tool.program;
    this.stderr = end.stderr;
    this.signal = end.signal;
  }
}

interface ToolEnd {
  exitCode: number | undefined;
  signal: string | undefined;
  stderr: string;
  missing: boolean;
}

/**
 * Joins programs by pipes of the system, so that no byte between them passes through this process. If one dies, all are
 * killed. The caller closes the file descriptors `input` and `output`.
 */
export function pipeTools(tools: readonly Tool[], ends: { input: number | 'pipe'; output: number }): PipedTools {
  const joints = tools.slice(1).map(makePipe);
  const children: ChildProcess[] = [];
  const ended = new Set<number>();
  const killed = new Set<number>();
  const kill = (): void => {
    for (const [index, child] of children.entries()) {
      if (!ended.has(index) && child.kill('SIGKILL')) killed.add(index);
    }
  };
  try {
    for (const [index, tool] of tools.entries()) {
      const stdin = index === 0 ? ends.input : (joints[index - 1]?.readEnd ?? 'ignore');
      children.push(start(tool, stdin, joints[index]?.writeEnd ?? ends.output));
    }
  } finally {
    for (const joint of joints) joint.close();
  }
  const all = children.map(async (child, index) => {
    const end = await ending(child);
    ended.add(index);
    if (end.exitCode !== 0) kill();
    return end;
  });
  const input = ends.input === 'pipe' ? (children[0]?.stdin ?? undefined) : undefined;
  // A dead program no longer reads; its ending says more than EPIPE.
  input?.on('error', () => {});
  const whole = Promise.all(all).then((seen) => throwFirstFailure(tools, seen, killed));
  // A caller who waits sees the failure; until then the failure must not end the process.
  whole.catch(() => {});
  return { input, ended: whole, kill };
}

/** Runs `work` around a pipe: when it fails or is stopped, all programs are dead before the error is thrown. */
export async function supervise<T>(
  pipe: PipedTools,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const stop = () => pipe.kill();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    signal?.throwIfAborted();
    return await work();
  } catch (error) {
    pipe.kill();
    await pipe.ended.catch(() => {});
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** A program that lost its reader, or that we killed, only follows another program's failure. */
function throwFirstFailure(tools: readonly Tool[], ends: readonly ToolEnd[], killed: ReadonlySet<number>): void {
  const failed = [...ends.entries()].filter(([, end]) => end.exitCode !== 0);
  const cause = failed.find(
    ([index, end]) => end.signal !== 'SIGPIPE' && !(killed.has(index) && end.signal === 'SIGKILL'),
  );
  const [index, end] = cause ?? failed[0] ?? [];
  if (index === undefined || end === undefined) return;
  throw new ToolFailure(tools[index] as Tool, end);
}

/** Programs that serve clients go first: nobody waits for a pipeline as for an answer. */
const niceness = 10;

function start(tool: Tool, stdin: number | 'pipe' | 'ignore', stdout: number): ChildProcess {
  const child = spawn(tool.program, tool.args, { stdio: [stdin, stdout, 'pipe'] });
  try {
    if (child.pid !== undefined) setPriority(child.pid, niceness);
  } catch {
    // The program has ended or never existed; the wait for its end reports both.
  }
  return child;
}

function ending(child: ChildProcess): Promise<ToolEnd> {
  return new Promise((resolve) => {
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4096);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      resolve({ exitCode: undefined, signal: undefined, stderr: error.message, missing: error.code === 'ENOENT' });
    });
    child.once('close', (exitCode, signal) => {
      resolve({
        exitCode: exitCode ?? undefined,
        signal: signal ?? undefined,
        stderr: stderrTail(stderr),
        missing: false,
      });
    });
  });
}

function stderrTail(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.includes('filippo.io/age/report'));
  return lines.slice(-5).join('; ').trim().slice(-500);
}

/** Node joins children by sockets that it reads itself; a FIFO gives plain descriptors for both ends. */
function makePipe(): { readEnd: number; writeEnd: number; close(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-pipe-'));
  try {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', path]);
    // First opened both ways: opening one end alone would wait for the other.
    const both = openSync(path, 'r+');
    const readEnd = openSync(path, 'r');
    const writeEnd = openSync(path, 'w');
    closeSync(both);
    return {
      readEnd,
      writeEnd,
      close: () => {
        closeSync(readEnd);
        closeSync(writeEnd);
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
