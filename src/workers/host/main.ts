import { getPriority, setPriority } from 'node:os';
import { readHostConfig } from '../../config.ts';
import { installRuntime, runWorker } from '../run.ts';
import { hostEveryMs, hostRound, hostSources } from './observe.ts';
import { createHostDrivers, createHostWorker } from './worker.ts';

/** Whoever serves clients on this machine goes first. The threads and programs that this process starts inherit it. */
const niceness = 5;
if (getPriority() < niceness) setPriority(niceness);

/** The host worker: whatever touches this machine's Docker, stores and edges. One per host. */
await runWorker(async () => {
  const config = readHostConfig(process.env);
  installRuntime(config.metricsAddress);
  const worker = await createHostWorker(config);
  if (config.metricsAddress === undefined) return { worker };
  const round = hostRound(await createHostDrivers(config));
  return { worker, observation: { round, sources: hostSources, everyMs: hostEveryMs } };
});
