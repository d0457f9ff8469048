import type { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { DrydockError } from '../errors.ts';
import { given } from '../given.ts';

interface CommandOptions {
  directory?: string;
  /** The child's whole environment; without it the child inherits ours. Secrets belong here, never in arguments. */
  env?: Record<string, string>;
  stdin?: Readable | string;
  /** Ended when the program succeeded, destroyed otherwise: a reader never takes half an output for a whole one. */
  stdout?: Writable;
  /** Values to mask wherever the program's output becomes part of an error. */
  secrets?: readonly string[];
  okExitCodes?: readonly number[];
  signal?: AbortSignal | undefined;
}

interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const graceMs = 10_000;
const tailLines = 15;

/**
 * Runs one program with an argument list, never through a shell. When `signal` aborts, the whole process group gets
 * SIGTERM, SIGKILL after ten seconds, and the signal's reason is thrown. Any other failure is `tool-failed` with the
 * program's ending and its last lines of stderr. A broken stream of the caller kills the program and is reported as the
 * stream's error: a DrydockError unchanged, a full disk as `no-space`.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { signal, stdin, stdout, env, directory } = options;
  signal?.throwIfAborted();
  const child = execa(program, [...args], {
    reject: false,
    stripFinalNewline: false,
    buffer: { stdout: stdout === undefined },
    killDescendants: true,
    forceKillAfterDelay: graceMs,
    ...(stdin === undefined ? { stdin: 'ignore' } : typeof stdin === 'string' ? { input: stdin } : { stdin: 'pipe' }),
    ...(env === undefined ? {} : { env, extendEnv: false }),
    ...given({ cwd: directory, cancelSignal: signal }),
  } as const);

  // A broken stream kills the program, so that the program cannot take a broken input for a complete one.
  let broken: { direction: 'read the input' | 'store the output'; error: unknown } | undefined;
  const breaks = (direction: 'read the input' | 'store the output') => (error: unknown) => {
    broken ??= { direction, error };
    child.kill('SIGKILL');
  };
  if (stdin !== undefined && typeof stdin !== 'string' && child.stdin !== null) {
    finished(stdin, { writable: false }).then(() => child.stdin?.end(), breaks('read the input'));
    stdin.pipe(child.stdin, { end: false });
  }
  const copied = stdout && pipeline(child.stdout, stdout, { end: false }).catch(breaks('store the output'));
  const ended = await child;
  await copied;

  const ok = broken === undefined && (!ended.failed || (options.okExitCodes ?? [0]).includes(ended.exitCode ?? -1));
  if (typeof stdin === 'object') stdin.destroy();
  if (signal?.aborted || !ok) {
    stdout?.destroy();
    signal?.throwIfAborted();
    throw broken
      ? brokenStream(`${broken.direction} of ${program}`, broken.error)
      : toolFailed(program, ended, options.secrets);
  }
  if (stdout !== undefined) {
    stdout.end();
    await finished(stdout, { readable: false }).catch((error: unknown) => {
      throw brokenStream(`store the output of ${program}`, error);
    });
  }
  return { exitCode: ended.exitCode ?? 0, stdout: text(ended.stdout), stderr: text(ended.stderr) };
}

/** Masks every given value in a program's output. */
export function mask(text: string, secrets: readonly string[]): string {
  return secrets.reduce((masked, secret) => (secret === '' ? masked : masked.replaceAll(secret, '***')), text);
}

/** The last lines of a program's output, without empty ones. */
export function lastLines(output: string, count: number): string {
  return output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count)
    .join('\n');
}

interface Ending {
  exitCode?: number | undefined;
  signal?: string | undefined;
  code?: string | undefined;
  originalMessage?: string | undefined;
  stderr?: unknown;
}

function toolFailed(program: string, ended: Ending, secrets: readonly string[] = []): DrydockError {
  if (ended.code === 'ENOENT') {
    return new DrydockError('tool-failed', `start ${program}: the program or its directory is not there`, {
      next: `install ${program} on this host`,
    });
  }
  const how = describeEnding(ended);
  const said = mask(lastLines(text(ended.stderr), tailLines), secrets);
  return new DrydockError('tool-failed', `${program} ${how}${said === '' ? '' : `: ${said}`}`);
}

function describeEnding(ended: Ending): string {
  if (ended.signal !== undefined) return `was ended by ${ended.signal}`;
  if (ended.exitCode !== undefined) return `ended with exit code ${ended.exitCode}`;
  return `did not run: ${ended.originalMessage ?? 'unknown reason'}`;
}

/** The error of what was tried with a stream of a program. */
export function brokenStream(tried: string, error: unknown): DrydockError {
  if (error instanceof DrydockError) return error;
  const full = (error as NodeJS.ErrnoException).code === 'ENOSPC';
  const seen = error instanceof Error ? error.message : String(error);
  return new DrydockError(full ? 'no-space' : 'tool-failed', `${tried}: ${seen}`, { cause: error });
}

function text(output: unknown): string {
  return typeof output === 'string' ? output : '';
}
