import type { Duplex, Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { DrydockError } from '../../errors.ts';
import { given } from '../../given.ts';
import { brokenStream } from '../command.ts';
import type { OneOff } from './container-runtime.ts';
import { demux } from './demux.ts';
import { ask } from './engine-errors.ts';

/** The hijacked stream. No abort signal reaches this stream: the caller destroys it. */
export async function attach(container: Docker.Container, job: OneOff): Promise<Duplex> {
  const input = job.stdin !== undefined;
  const stream = await ask(`attach to the container ${job.name}`, () =>
    container.attach({ stream: true, stdin: input, stdout: true, stderr: true, hijack: true }),
  );
  return stream as unknown as Duplex;
}

/**
 * Asks for the exit code and resolves once the engine has registered the question; `code` is the answer. The condition
 * matters: a container that never started already meets the default condition, with code 0.
 */
export async function waitForExit(
  docker: Docker,
  container: Docker.Container,
  signal?: AbortSignal,
): Promise<{ code: Promise<number> }> {
  const answer = await new Promise<Readable>((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${container.id}/wait?`,
        options: { _query: { condition: 'next-exit' }, _body: {} },
        method: 'POST',
        isStream: true,
        ...given({ abortSignal: signal }),
        statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
      },
      (error: unknown, stream: unknown) => (error ? reject(error) : resolve(stream as Readable)),
    );
  });
  return { code: quiet(exitCodeIn(answer)) };
}

/** Copies stdout and stderr to their receivers until the engine has no more. */
export async function copyOutput(
  socket: Duplex,
  sinks: { stdout: Writable; stderr: (bytes: Buffer) => void },
  name: string,
): Promise<void> {
  try {
    await pipeline(socket, demux(sinks.stderr), sinks.stdout, { end: false });
  } catch (error) {
    throw sinks.stdout.errored === error ? brokenStream(`store the output of ${name}`, error) : error;
  }
}

/** Copies the input and closes it after its last byte. Only ever rejects: a broken input ends the job. */
export function feedInput(stdin: Readable, socket: Duplex, name: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    finished(stdin, { writable: false }).then(
      () => socket.end(),
      (error: unknown) => reject(brokenStream(`read the input of ${name}`, error)),
    );
    stdin.pipe(socket, { end: false });
  });
}

/** Ends a sink and waits until it has written everything. */
export async function finishOutput(stdout: Writable, name: string): Promise<void> {
  try {
    stdout.end();
    await finished(stdout, { readable: false });
  } catch (error) {
    throw brokenStream(`store the output of ${name}`, error);
  }
}

/** Keeps a failing promise without a listener from ending the process. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

async function exitCodeIn(answer: Readable): Promise<number> {
  const chunks: Buffer[] = await answer.toArray();
  const said = JSON.parse(Buffer.concat(chunks).toString()) as {
    StatusCode: number;
    Error?: { Message: string } | null;
  };
  if (said.Error) throw new DrydockError('tool-failed', `the engine lost the container: ${said.Error.Message}`);
  return said.StatusCode;
}
