import { getPriority, setPriority } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { readHostConfig } from '../../config.ts';
import { installRuntime, runWorker } from '../run.ts';
import { hostEveryMs, hostRound, hostSources } from './observe.ts';
import { createHostDrivers, createHostWorker } from './worker.ts';

/** Whoever serves clients on this machine goes first. The threads and programs that this process starts inherit it. */
const niceness = 5;
if (getPriority() < niceness) setPriority(niceness);

/**
 * Gigabytes of short-lived buffers pass through this process, and by default V8 looks through its whole heap for every 64 MiB of
 * them. Counted as part of the heap, of which there may be three times what lives, they go with the cheap collections of what
 * is young. A restore of 0.9 GiB then takes 8 s of this process instead of 19, and about 100 MiB more, however large the set is.
 */
setFlagsFromString('--external-memory-accounted-in-global-limit');
setFlagsFromString('--heap-growing-percent=200');

/** The host worker: whatever touches this machine's Docker, stores and edges. One per host. */
await runWorker(async () => {
  const config = readHostConfig(process.env);
  installRuntime(config.metricsAddress);
  const worker = await createHostWorker(config);
  if (config.metricsAddress === undefined) return { worker };
  const round = hostRound(await createHostDrivers(config));
  return { worker, observation: { round, sources: hostSources, everyMs: hostEveryMs } };
});
