import { createServer } from 'node:net';
import { DrydockError } from '../../errors.ts';
import { listeningPorts } from '../../listening-ports.ts';

/** Refuses, naming port and holder, when one of these ports on 127.0.0.1 is taken. */
export async function requireFreePorts(ports: readonly number[], forWhat: string): Promise<void> {
  const taken: number[] = [];
  for (const port of ports) if (!(await isFree(port))) taken.push(port);
  if (taken.length === 0) return;
  const holders = await listeningPorts();
  throw new DrydockError('refused', `start ${forWhat}: ports are taken`, {
    problems: taken.map((port) => `127.0.0.1:${port} is held by ${holders.get(port) ?? 'another process'}`),
    next: 'stop that process, or choose other ports: drydock up --temporal-port N --ui-port N --s3-port N --metrics-port N',
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
