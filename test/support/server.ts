import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import {
  cacheDirectory,
  homeAt,
  makeDirectories,
  readHomeConfig,
  writeHomeConfig,
} from '../../src/client/embedded/home.ts';
import { withHomeLock } from '../../src/client/embedded/lock.ts';
import { running, start, stop, waitUntilAnswers } from '../../src/client/embedded/processes.ts';
import { temporalServer } from '../../src/client/embedded/temporal.ts';
import { HostName } from '../../src/contracts/ids.ts';
import { DrydockError } from '../../src/errors.ts';
import { freeBlock } from './ports.ts';

/** Chooses the address of a Temporal server with its data in this directory. Starts nothing yet. */
export async function settleServer(directory: string): Promise<void> {
  const home = homeAt(directory);
  makeDirectories(home);
  const temporal = await freeBlock(10);
  const ports = { temporal, ui: temporal, objectStore: temporal, metrics: temporal };
  writeHomeConfig(home, { format: 'drydock-home/1', ports, host: HostName.parse('h1'), environment: {} });
}

/** The address of the server of that directory; whoever needs it first starts it. */
export async function serverAt(directory: string): Promise<string> {
  const home = homeAt(directory);
  const config = readHomeConfig(home);
  if (config === undefined) throw new Error(`no server was settled in ${directory}`);
  const spec = temporalServer(home, config, cacheDirectory(process.env));
  for (let there = running(home, 'temporal'); ; there = running(home, 'temporal')) {
    try {
      await waitUntilAnswers(
        home,
        spec,
        there ?? (await withHomeLock(home, async () => running(home, 'temporal') ?? start(home, spec))),
      );
      return `127.0.0.1:${config.ports.temporal}`;
    } catch (error) {
      // Another file of tests starts it.
      if (!(error instanceof DrydockError && error.code === 'refused')) throw error;
      await pause(100);
    }
  }
}

/** Ends the server, if it runs, and removes the directory with everything in it. */
export async function removeServer(directory: string): Promise<void> {
  await stop(homeAt(directory), 'temporal', 20_000);
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}
