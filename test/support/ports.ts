import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** A block begins at a multiple of this, and its last port is held by the process that drew it. */
const blockLength = 16;

/**
 * The first of so many free ports in a row, below those the kernel gives away by itself. No other process draws them while
 * this one lives: what is free now may be bound a second later.
 */
export async function freeBlock(length: number): Promise<number> {
  if (length >= blockLength) throw new Error(`a block has ${blockLength - 1} ports, not ${length}`);
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = 20_000 + blockLength * (randomBytes(2).readUInt16BE() % 625);
    const held = await listenOn(first + blockLength - 1);
    if (held === undefined) continue;
    const free = await Promise.all(Array.from({ length }, (_, offset) => isFree(first + offset)));
    held.unref();
    if (free.every(Boolean)) return first;
    held.close();
  }
  throw new Error(`no ${length} free ports in a row`);
}

export async function isFree(port: number): Promise<boolean> {
  const server = await listenOn(port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

async function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer().listen({ port, host: '127.0.0.1', exclusive: true });
  try {
    await once(server, 'listening');
    return server;
  } catch {
    return undefined;
  }
}
