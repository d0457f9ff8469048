import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { DrydockError } from '../../errors.ts';
import { eventually } from '../../eventually.ts';
import type { ExecResult } from './container-runtime.ts';
import { demux } from './demux.ts';
import { ask, engineError } from './engine-errors.ts';
import { keptStderr, keptStdout } from './kept-output.ts';

const endedWithinMs = 10_000;

/** Runs a command without input inside a running container. */
export async function execIn(docker: Docker, name: string, command: readonly string[]): Promise<ExecResult> {
  const tried = `run ${command[0] ?? 'nothing'} in ${name}`;
  const exec = await ask(tried, (abortSignal) =>
    docker.getContainer(name).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true, abortSignal }),
  );
  const stdout = keptStdout(`${command[0]} in ${name}`);
  const stderr = keptStderr();
  const socket: Duplex = await ask(tried, () => exec.start({ hijack: true, stdin: true }));
  try {
    await pipeline(socket, demux(stderr.take), stdout.sink);
  } catch (error) {
    throw engineError(tried, error);
  } finally {
    socket.destroy();
  }
  const exitCode = await exitCodeOf(exec, tried);
  return resultOf(tried, { exitCode, stdout: stdout.text(), stderr: stderr.text() });
}

/** The exit code follows the end of the output after a moment; without a code, the output was cut off. */
async function exitCodeOf(exec: Docker.Exec, tried: string): Promise<number> {
  let code: number | null = null;
  const ended = async () => {
    const { Running, ExitCode } = await ask(tried, (abortSignal) => exec.inspect({ abortSignal }));
    code = Running ? null : ExitCode;
    return code !== null;
  };
  if ((await eventually(ended, { withinMs: endedWithinMs, everyMs: 50 })) && code !== null) return code;
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
