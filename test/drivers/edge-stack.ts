import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { vi } from 'vitest';
import type { Edge } from '../../src/edges/edge.ts';
import { type EdgePlan, renderEdge } from '../../src/edges/haproxy/config.ts';
import { edgeCommand, edgeNameOptions } from '../../src/edges/haproxy/kind.ts';

export const proxyImage = 'drydock/haproxy:2.6.12';
const upstreamImage = 'drydock/python:3.11.2';

// Answers with its colour; POST /slow first waits as many seconds as its body says, and /broken is an error.
const upstream = `
import sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def answer(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        time.sleep(float(body) if self.path == '/slow' else 0.005)
        said = sys.argv[1].encode()
        self.send_response(500 if self.path == '/broken' else 200)
        self.send_header('Content-Length', str(len(said)))
        self.end_headers()
        self.wfile.write(said)
    do_GET = do_POST = do_DELETE = answer
    def log_message(self, *words): pass
class Server(ThreadingHTTPServer):
    request_queue_size = 256
Server(('', 8000), Handler).serve_forever()
`;

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** A real proxy before two colours of a tiny application, on a network of its own. */
export async function startEdgeStack(edge: Edge, plan: EdgePlan) {
  const docker = new Docker();
  const run = `ddt-edge-${randomUUID().slice(0, 8)}`;
  const at = await mkdtemp(join(tmpdir(), 'ddt-edge-'));
  const labels = { 'drydock.test': run };
  const network = await docker.createNetwork({ Name: run, Labels: labels });
  const containers: Docker.Container[] = [];

  const start = async (name: string, options: Docker.ContainerCreateOptions, host: Docker.HostConfig = {}) => {
    const container = await docker.createContainer({
      ...options,
      name: `${run}-${name}`,
      Labels: labels,
      HostConfig: { ...host, NetworkMode: run },
      NetworkingConfig: { EndpointsConfig: { [run]: { Aliases: [name] } } },
    });
    containers.push(container);
    await container.start();
    return container;
  };
  const addressOf = async (container: Docker.Container) =>
    (await container.inspect()).NetworkSettings.Networks[run]?.IPAddress ?? '';
  // An interpreter takes seconds to start on a busy machine. Docker's names know its address before it listens.
  const answers = async (colour: Docker.Container) => {
    const url = `http://${await addressOf(colour)}:8000/`;
    await vi.waitFor(() => fetch(url, { headers: { connection: 'close' } }), { timeout: 30_000 });
    return colour;
  };
  const startColour = async (colour: string) =>
    answers(
      await start(`app-${colour}`, { Image: upstreamImage, Cmd: ['python3', '-c', upstream, colour] }, { Init: true }),
    );

  await edge.prepare(at, renderEdge(plan));
  const blue = await startColour('blue');
  const proxy = await start(
    'edge',
    { Image: proxyImage, Cmd: edgeCommand },
    { Binds: [`${at}:${plan.mountPoint}`], DnsOptions: edgeNameOptions },
  );

  const agent = new Agent({ keepAlive: true, maxSockets: 40 });
  let host = await addressOf(proxy);
  const ask = (method: string, path: string, body = '', using = agent): Promise<Answer> => {
    const unanswered = new Error(`${method} ${path} was not answered`); // made here, so that the stack trace names the caller
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown) => reject(Object.assign(unanswered, { cause }));
      const options = { host, port: plan.routes[0]?.listenPort, agent: using, method, path };
      const sent = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
        response.on('error', fail);
      });
      sent.on('error', fail);
      sent.end(body);
    });
  };
  const waitUntilServing = async () => {
    host = await addressOf(proxy);
    await vi.waitFor(() => ask('GET', '/'), { timeout: 20_000 });
  };

  return {
    at,
    proxy,
    blue,
    ask,
    startColour,
    async startBlueAgain() {
      await blue.start();
      await answers(blue);
    },
    waitUntilServing,
    logOfProxy: async () => (await proxy.logs({ stdout: true, stderr: true })).toString(),
    async stop() {
      agent.destroy();
      await Promise.all(containers.map((container) => container.remove({ force: true, v: true }).catch(() => {})));
      await network.remove();
      await rm(at, { recursive: true });
    },
  };
}

/** Forty clients on kept connections, a fifth of whose requests write. */
export function keepAsking(stack: Pick<Awaited<ReturnType<typeof startEdgeStack>>, 'ask'>) {
  const failures: { method: string; status?: number; error?: unknown }[] = [];
  const served: Record<string, number> = { blue: 0, green: 0 };
  const over = new AbortController();
  const client = async (index: number) => {
    for (let turn = 0; !over.signal.aborted; turn += 1) {
      const method = (turn + index) % 5 === 0 ? 'POST' : 'GET';
      await stack.ask(method, '/thing', method === 'POST' ? 'x'.repeat(2000) : '').then(
        ({ status, body }) => {
          if (status !== 200) failures.push({ method, status });
          else served[body] = (served[body] ?? 0) + 1;
        },
        (error) => failures.push({ method, error }),
      );
    }
  };
  const clients = Promise.all(Array.from({ length: 40 }, (_, index) => client(index)));
  return {
    /** How many requests each colour has answered so far. */
    served,
    async stop() {
      over.abort();
      await clients;
      return { failures, served };
    },
  };
}
