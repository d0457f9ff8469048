import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { DrydockError } from '../../errors.ts';
import { given } from '../../given.ts';
import type { ExecOptions, ExecResult } from './container-runtime.ts';
import { demux } from './demux.ts';
import { ask, engineError } from './engine-errors.ts';
import { keptStderr, keptStdout } from './kept-output.ts';

const endedWithinMs = 10_000;

/** Runs a command inside a running container. An abort only ends the waiting; the engine cannot end the command. */
export async function execIn(
  docker: Docker,
  name: string,
  command: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { stdin, signal, env = {}, user } = options;
  signal?.throwIfAborted();
  const tried = `run ${command[0] ?? 'nothing'} in ${name}`;
  const exec = await ask(tried, (abortSignal) =>
    docker.getContainer(name).exec({
      Cmd: [...command],
      Env: Object.entries(env).map(([variable, value]) => `${variable}=${value}`),
      User: user,
      AttachStdin: stdin !== undefined,
      AttachStdout: true,
      AttachStderr: true,
      abortSignal,
    }),
  );
  const stdout = keptStdout(`${command[0]} in ${name}`);
  const stderr = keptStderr();
  // Hijacked even without input: only a hijacked stream can close its input while the output goes on.
  const socket: Duplex = await ask(tried, () => exec.start({ hijack: true, stdin: true }));
  try {
    if (stdin !== undefined) socket.end(stdin);
    await pipeline(socket, demux(stderr.take), stdout.sink, given({ signal }));
  } catch (error) {
    throw signal?.aborted ? signal.reason : engineError(tried, error);
  } finally {
    socket.destroy();
  }
  const exitCode = await exitCodeOf(exec, tried);
  return resultOf(tried, { exitCode, stdout: stdout.text(), stderr: stderr.text() });
}

/** The exit code follows the end of the output after a moment; without a code, the output was cut off. */
async function exitCodeOf(exec: Docker.Exec, tried: string): Promise<number> {
  const deadline = performance.now() + endedWithinMs;
  do {
    const { Running, ExitCode } = await ask(tried, (abortSignal) => exec.inspect({ abortSignal }));
    if (!Running && ExitCode !== null) return ExitCode;
    await delay(50);
  } while (performance.now() < deadline);
  throw new DrydockError('unavailable', `${tried}: its output ended but the command did not`);
}

/** The engine reports a command that cannot be executed as 126 or 127, and explains it on *stdout*. */
function resultOf(tried: string, result: ExecResult): ExecResult {
  if (result.exitCode === 126 || result.exitCode === 127) {
    const said = `${result.stdout}${result.stderr}`.trim().slice(-500);
    throw new DrydockError('tool-failed', `${tried}: the command cannot be executed: ${said}`);
  }
  return result;
}
