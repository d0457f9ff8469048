import type { ContainerRuntime } from '../../drivers/docker/container-runtime.ts';
import { DrydockError } from '../../errors.ts';
import { type GraphService, waitForAnswer } from './cypher.ts';

/** Neo4j writes a checkpoint when it stops; killed earlier, its store cannot be dumped. */
const graceSeconds = 180;
/** Recovery after a kill replays transaction logs before the database answers. */
const startLimitMs = 10 * 60_000;

/**
 * Acts while the server is stopped; the server runs and answers again before this returns or throws. Returns the time
 * from the request to stop until the first answer. A server that an earlier, killed try left stopped is started too.
 */
export async function whileStopped(
  runtime: ContainerRuntime,
  at: GraphService,
  act: () => Promise<void>,
): Promise<number> {
  const network = await networkOf(runtime, at);
  const start = () => startServer(runtime, at, network);

  const from = performance.now();
  let unavailableMs = 0;
  try {
    await stopCleanly(runtime, at, start);
    await act();
  } finally {
    await start();
    unavailableMs = Math.round(performance.now() - from);
  }
  return unavailableMs;
}

/** Starts the server and waits until the database answers. */
export async function startServer(runtime: ContainerRuntime, at: GraphService, network?: string): Promise<void> {
  await runtime.start(at.container);
  const address = await addressIn(runtime, at, network);
  await waitForAnswer(runtime, { ...at, address }, startLimitMs);
}

/** A killed server is started, which recovers its store, and stopped once more. */
async function stopCleanly(runtime: ContainerRuntime, at: GraphService, start: () => Promise<void>): Promise<void> {
  if (!wasKilled(await runtime.stop(at.container, graceSeconds))) return;
  await start();
  if (!wasKilled(await runtime.stop(at.container, graceSeconds))) return;
  throw new DrydockError(
    'tool-failed',
    `stop ${at.container} to dump store ${at.store} of ${at.instance}: it did not end within ${graceSeconds} s, twice`,
  );
}

function wasKilled({ exitCode, killed }: { exitCode: number; killed: boolean }): boolean {
  return killed || exitCode === 137;
}

/** The network of the given address. Unknown for a stopped container, which has no addresses. */
async function networkOf(runtime: ContainerRuntime, at: GraphService): Promise<string | undefined> {
  const view = await runtime.container(at.container);
  return Object.entries(view?.addresses ?? {}).find(([, address]) => address === at.address)?.[0];
}

/** A restarted container may get another address. */
async function addressIn(runtime: ContainerRuntime, at: GraphService, network: string | undefined): Promise<string> {
  const addresses = (await runtime.container(at.container))?.addresses ?? {};
  if (network !== undefined) return addresses[network] || at.address;
  const known = Object.values(addresses).filter((address) => address !== '');
  return known.includes(at.address) ? at.address : (known[0] ?? at.address);
}
