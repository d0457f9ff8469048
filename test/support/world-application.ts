import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { FakeContainerRuntime } from './fakes/container-runtime.ts';

/** Answers for the application of every instance in memory: smoke and verify ask over real HTTP. */
export interface Application {
  /** Port of the blueprint; a second instance gets the port 100 above, which answers too. */
  readonly port: number;
  /** The runtime whose containers decide whether there is an answer. */
  serves(runtime: FakeContainerRuntime): void;
  close(): Promise<void>;
}

export async function startApplication(): Promise<Application> {
  let runtime: FakeContainerRuntime | undefined;
  const answer = async () => {
    const views = (await runtime?.containers({})) ?? [];
    const running = views.filter(({ state }) => state === 'running').map(({ name }) => name);
    const healthy = running.some((name) => name.includes('-app-')) && running.some((name) => name.endsWith('-edge-1'));
    return { status: healthy ? 200 : 503, body: JSON.stringify({ status: healthy ? 'healthy' : 'down' }) };
  };
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const first = await listen(port, answer);
    const second = first === undefined ? undefined : await listen(port + 100, answer);
    if (first !== undefined && second !== undefined) {
      return {
        port,
        serves: (containers) => {
          runtime = containers;
        },
        close: async () => {
          await Promise.all([first, second].map(stop));
        },
      };
    }
    if (first !== undefined) await stop(first);
  }
}

async function listen(
  port: number,
  answer: () => Promise<{ status: number; body: string }>,
): Promise<Server | undefined> {
  const server = createServer((_, response) => {
    void answer().then(({ status, body }) => response.writeHead(status, { connection: 'close' }).end(body));
  });
  server.listen(port, '127.0.0.1');
  return once(server, 'listening').then(
    () => server,
    () => undefined, // The port is taken.
  );
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
