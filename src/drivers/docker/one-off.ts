import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import type { OneOff, OneOffResult, PreparedOneOff } from './container-runtime.ts';
import { ask, engineError } from './engine-errors.ts';
import { keptStderr, keptStdout } from './kept-output.ts';
import { createOneOff, removeContainer } from './one-off-container.ts';
import { attach, copyOutput, feedInput, finishOutput, quiet, waitForExit } from './one-off-streams.ts';

/** Runs one container to its end. The container is always removed. */
export async function runOneOff(docker: Docker, job: OneOff, signal?: AbortSignal): Promise<OneOffResult> {
  await using prepared = await prepareOneOff(docker, job, signal);
  return await prepared.run();
}

/** Creates a job's container ahead of a moment at which every tenth of a second counts. */
export async function prepareOneOff(docker: Docker, job: OneOff, signal?: AbortSignal): Promise<PreparedOneOff> {
  signal?.throwIfAborted();
  const container = await createOneOff(docker, job);
  let done = false;
  return {
    async run() {
      const result = await runPrepared(docker, container, job, signal);
      done = true;
      return result;
    },
    async [Symbol.asyncDispose]() {
      const removed = removeContainer(container, job.name);
      // After an error, that error says more than a failed removal, and a repetition removes the leftover container.
      await (done ? removed : removed.catch(() => {}));
    },
  };
}

async function runPrepared(
  docker: Docker,
  container: Docker.Container,
  job: OneOff,
  signal: AbortSignal | undefined,
): Promise<OneOffResult> {
  signal?.throwIfAborted();
  const sockets: Duplex[] = [];
  const over = new AbortController();
  try {
    const aborted = rejectOnAbort(signal, over.signal);
    return await Promise.race([runContainer(docker, container, job, sockets, signal), aborted]);
  } catch (error) {
    // Removed before its streams are cut: otherwise the tool would take a closed stdin for the end of its input.
    await removeContainer(container, job.name).catch(() => {});
    job.stdout?.destroy();
    throw signal?.aborted ? signal.reason : engineError(`run the container ${job.name}`, error);
  } finally {
    over.abort();
    for (const socket of sockets) socket.destroy();
    job.stdin?.destroy();
  }
}

/** Attaches and waits *before* the start: anything that happens earlier would be lost. */
async function runContainer(
  docker: Docker,
  container: Docker.Container,
  job: OneOff,
  sockets: Duplex[],
  signal: AbortSignal | undefined,
): Promise<OneOffResult> {
  const kept = keptStdout(`the container ${job.name}`);
  const stderr = keptStderr();
  const stdout = job.stdout ?? kept.sink;

  const socket = await attach(container, job);
  sockets.push(socket);
  const exit = await waitForExit(docker, container, signal);
  const output = quiet(copyOutput(socket, { stdout, stderr: stderr.take }, job.name));
  await ask(`start the container ${job.name}`, (abortSignal) => container.start({ abortSignal }));

  const ended = exitCode(exit.code, output, socket);
  const code = await Promise.race(job.stdin === undefined ? [ended] : [ended, feedInput(job.stdin, socket, job.name)]);
  const { State } = await ask(`inspect the container ${job.name}`, (abortSignal) => container.inspect({ abortSignal }));
  if (code === 0) await finishOutput(stdout, job.name);
  else stdout.destroy();
  return { exitCode: code, oomKilled: State.OOMKilled, stdout: kept.text(), stderr: stderr.text() };
}

/**
 * The exit code, once the output is complete as well. When a tool fails during its input, the broken socket is only a
 * consequence: the tool's exit code is the answer.
 */
async function exitCode(exit: Promise<number>, output: Promise<void>, socket: Duplex): Promise<number> {
  try {
    await output;
  } catch (error) {
    if (socket.errored === null || socket.errored !== error || (await exit) === 0) throw error;
  }
  return exit;
}

function rejectOnAbort(signal: AbortSignal | undefined, over: AbortSignal): Promise<never> {
  return quiet(
    new Promise((_resolve, reject) => {
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over });
    }),
  );
}
