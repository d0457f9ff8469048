import { setTimeout as pause } from 'node:timers/promises';
import type { InstanceFacts } from '../src/contracts/lease.ts';
import { type Load, startLoad } from '../test/support/load.ts';
import type { Instance } from './instance.ts';
import { drydock, type Plane } from './plane.ts';

/** Twenty clients that keep their connections; one request in ten writes. */
const load = { connections: 20, requestsPerSecond: 100, writeEvery: 10 };

/** So long clients ask before anything happens: what they feel then is what comes is set beside. */
const calmMs = 60_000;

/** Clients that ask an instance until they are stopped, when nothing else has happened for a while. */
export async function calmClients(plane: Plane, { name }: Instance): Promise<Load> {
  const { app = '' } = (await drydock<{ facts: InstanceFacts }>(plane, 'status', name)).facts.addresses;
  const clients = startLoad({ address: app, ...load });
  await pause(calmMs);
  return clients;
}

/** How a figure was measured, for its last column. */
export function underLoad(command: string): string {
  return `\`${command}\` under ${load.requestsPerSecond} requests a second of ${load.connections} clients`;
}
