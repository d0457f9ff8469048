import type Docker from 'dockerode';
import { demuxText } from './demux.ts';
import { ask, hasStatus } from './engine-errors.ts';

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
