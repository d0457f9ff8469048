import { setTimeout as delay } from 'node:timers/promises';
import { DrydockError } from '../../errors.ts';
import type { Edge, EdgeColour, EdgeMode, EdgeTraffic } from '../edge.ts';
import { type EdgeMap, readMap, readRunning, writeMap } from './map-file.ts';
import { prepareEdge } from './prepare.ts';
import { reloadProxy } from './reload.ts';
import { allWorkers, type EdgeWorker, servingWorker, statisticsOf } from './workers.ts';

const modeMap: EdgeMap<EdgeMode> = {
  file: 'mode.map',
  key: 'instance',
  values: ['open', 'read-only', 'maintenance'],
};
const colourMap: EdgeMap<EdgeColour> = { file: 'colour.map', key: 'release', values: ['blue', 'green'] };

const intervalMs = 50;
const addressWithinMs = 10_000;

/** HAProxy through the files and the admin socket in its directory. `owner` is the proxy's user: 99 in its images. */
export function createHaproxyEdge(options: { owner?: { uid: number; gid: number } } = {}): Edge {
  const owner = options.owner ?? { uid: 99, gid: 99 };
  return {
    prepare: (at, files) => prepareEdge(at, files, owner),
    mode: (at) => readMap(at, modeMap),
    setMode: (at, mode) => writeMap(at, modeMap, mode),
    setColour,
    colour: (at) => readMap(at, colourMap),
    traffic,
    reload: reloadProxy,
    drainWrites: (at, timeoutMs, signal) => drain(at, /-write$/, timeoutMs, signal),
    drainColour: (at, colour, timeoutMs, signal) =>
      drain(at, new RegExp(`-${colour}-(read|write)$`), timeoutMs, signal),
  };
}

async function setColour(at: string, colour: EdgeColour): Promise<void> {
  const running = await readRunning(at, colourMap);
  if (running !== undefined && running !== colour) await waitForAddresses(at, colour);
  await writeMap(at, colourMap, colour);
}

async function waitForAddresses(at: string, colour: EdgeColour): Promise<void> {
  const deadline = performance.now() + addressWithinMs;
  for (;;) {
    const missing = await routesWithoutAddress(at, colour);
    if (missing.length === 0) return;
    if (performance.now() > deadline) {
      throw new DrydockError(
        'unhealthy',
        `could not point the edge in ${at} to ${colour}: no container answers to ${missing.join(', ')}`,
        { next: `start the ${colour} release and try again` },
      );
    }
    await delay(intervalMs);
  }
}

async function routesWithoutAddress(at: string, colour: EdgeColour): Promise<string[]> {
  const suffix = `-${colour}-write`;
  return (await statisticsOf(servingWorker(at)))
    .filter(({ svname, pxname }) => svname !== 'BACKEND' && svname !== 'FRONTEND' && pxname?.endsWith(suffix))
    .filter(({ status }) => status?.startsWith('MAINT'))
    .map(({ pxname }) => pxname?.replace(/-write$/, '') ?? '');
}

/** Zero must be seen twice: a request may have passed the mode's rule without being counted yet. */
async function drain(at: string, backend: RegExp, timeoutMs: number, signal?: AbortSignal): Promise<{ left: number }> {
  const deadline = performance.now() + timeoutMs;
  let quiet = 0;
  for (;;) {
    signal?.throwIfAborted();
    const left = await sessions(at, backend);
    quiet = left === 0 ? quiet + 1 : 0;
    if (quiet === 2 || performance.now() > deadline) return { left };
    await delay(intervalMs);
  }
}

async function traffic(at: string, colour: EdgeColour): Promise<EdgeTraffic> {
  const rows = await backendsOf(servingWorker(at), new RegExp(`-${colour}-(read|write)$`));
  const sum = (count: (row: Record<string, string>) => number) => rows.reduce((total, row) => total + count(row), 0);
  const recent = ({ req_tot }: Record<string, string>) => Math.min(1024, Number(req_tot));
  const counted = sum(recent);
  return {
    requests: sum(({ req_tot }) => Number(req_tot)),
    errors: sum(({ hrsp_5xx }) => Number(hrsp_5xx)),
    averageMs: counted === 0 ? 0 : sum((row) => recent(row) * Number(row['ttime'])) / counted,
  };
}

async function sessions(at: string, backend: RegExp): Promise<number> {
  const rows = await Promise.all((await allWorkers(at)).map((worker) => backendsOf(worker, backend)));
  return rows.flat().reduce((sum, { scur }) => sum + Number(scur), 0);
}

async function backendsOf(worker: EdgeWorker, backend: RegExp): Promise<Record<string, string>[]> {
  const rows = await statisticsOf(worker);
  return rows.filter(({ svname, pxname }) => svname === 'BACKEND' && backend.test(pxname ?? ''));
}
