import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { DrydockError } from '../../errors.ts';
import { given } from '../../given.ts';
import { demuxText } from './demux.ts';
import { ask, hasStatus } from './engine-errors.ts';

const intervalMs = 250;
const tailLines = 15;

/** Waits for the health check, or only for a running container without one. */
export async function waitHealthy(
  docker: Docker,
  name: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const { State } = await ask(`inspect the container ${name}`, (abortSignal) =>
      docker.getContainer(name).inspect({ abortSignal }),
    );
    const status = State.Health?.Status ?? 'none';
    if (State.Status === 'running' && (status === 'healthy' || status === 'none')) return;
    const problem = problemOf(State);
    if (problem !== undefined) await failUnhealthy(docker, name, problem);
    if (performance.now() > deadline) {
      await failUnhealthy(docker, name, `is still ${status} after ${Math.round(timeoutMs / 1000)} s`);
    }
    await delay(intervalMs, undefined, given({ signal })).catch(() => signal?.throwIfAborted());
  }
}

/** Last lines of a container's log, stdout and stderr together; empty when no log is kept. */
export async function logTail(docker: Docker, name: string, lines: number): Promise<string> {
  const container = docker.getContainer(name);
  return ask(`read the log of ${name}`, async (abortSignal) => {
    const { Config } = await container.inspect({ abortSignal });
    try {
      const log = await container.logs({ stdout: true, stderr: true, tail: lines, follow: false, abortSignal });
      return (Config.Tty ? log.toString() : demuxText(log)).trimEnd();
    } catch (error) {
      if (hasStatus(error, 501)) return '';
      throw error;
    }
  });
}

function problemOf(state: Docker.ContainerInspectInfo['State']): string | undefined {
  if (state.Health?.Status === 'unhealthy') {
    const last = state.Health.Log?.at(-1)?.Output?.trim().slice(-300);
    return `is unhealthy${last ? ` (${last})` : ''}`;
  }
  const ended = state.Status === 'exited' || state.Status === 'dead' || state.Status === 'restarting';
  if (!ended) return undefined;
  return `ended with exit code ${state.ExitCode}${state.OOMKilled ? ', out of memory' : ''}`;
}

async function failUnhealthy(docker: Docker, name: string, problem: string): Promise<never> {
  const tail = await logTail(docker, name, tailLines);
  throw new DrydockError(
    'unhealthy',
    `the container ${name} ${problem}${tail === '' ? '' : `; its log ends: ${tail}`}`,
  );
}
