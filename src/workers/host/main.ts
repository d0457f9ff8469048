import { getPriority, setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { readHostConfig } from '../../config.ts';
import { installRuntime, runWorker } from '../run.ts';
import { hostEveryMs, hostRound, hostSources } from './observe.ts';
import { createHostDrivers, createHostWorker } from './worker.ts';

/** Processes that serve clients on this machine go first. Threads and programs of this process inherit the niceness. */
const niceness = 5;
if (getPriority() < niceness) setPriority(niceness);

/**
 * Gigabytes of short-lived buffers pass through this process; by default V8 scans its whole heap for every 64 MiB of
 * them. Counted in the heap, which may hold three times the live data, they go with cheap collections of young objects.
 * A restore of 0.9 GiB then takes 8 s of this process instead of 19, and about 100 MiB more for any set.
 */
setFlagsFromString('--external-memory-accounted-in-global-limit');
setFlagsFromString('--heap-growing-percent=200');

/** The host worker: everything that touches this machine's Docker, stores and edges. One per host. */
await runWorker(async () => {
  const config = readHostConfig(process.env);
  installRuntime(config.metricsAddress);
  const worker = await createHostWorker(config);
  if (config.metricsAddress === undefined) return { worker };
  const round = hostRound(await createHostDrivers(config));
  return { worker, observation: { round, sources: hostSources, everyMs: hostEveryMs } };
});
