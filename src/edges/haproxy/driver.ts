import { DrydockError } from '../../errors.ts';
import { eventually } from '../../eventually.ts';
import type { Edge, EdgeColour, EdgeTraffic } from '../edge.ts';
import { type Backend, backendOf, longestAnswerMs } from './config.ts';
import { colourMap, modeMap, readMap, readRunning, writeMap } from './map-file.ts';
import { prepareEdge } from './prepare.ts';
import { reloadProxy } from './reload.ts';
import { allWorkers, type EdgeWorker, servingWorker, statisticsOf } from './workers.ts';

const intervalMs = 50;
const addressWithinMs = 10_000;

/** HAProxy through the files and the admin socket in its directory. `owner` is the proxy's user: 99 in its images. */
export function createHaproxyEdge(options: { owner?: { uid: number; gid: number } } = {}): Edge {
  const owner = options.owner ?? { uid: 99, gid: 99 };
  return {
    longestAnswerMs,
    prepare: (at, files) => prepareEdge(at, files, owner),
    mode: (at) => readMap(at, modeMap),
    setMode: (at, mode) => writeMap(at, modeMap, mode),
    setColour,
    colour: (at) => readMap(at, colourMap),
    traffic,
    reload: reloadProxy,
    drainWrites: (at, timeoutMs, signal) => drain(at, ({ access }) => access === 'write', timeoutMs, signal),
    drainColour: (at, colour, timeoutMs, signal) =>
      drain(at, (backend) => backend.colour === colour, timeoutMs, signal),
  };
}

async function setColour(at: string, colour: EdgeColour): Promise<void> {
  const running = await readRunning(at, colourMap);
  if (running !== undefined && running !== colour) await waitForAddresses(at, colour);
  await writeMap(at, colourMap, colour);
}

async function waitForAddresses(at: string, colour: EdgeColour): Promise<void> {
  let missing: string[] = [];
  const known = async () => {
    missing = await routesWithoutAddress(at, colour);
    return missing.length === 0;
  };
  if (await eventually(known, { withinMs: addressWithinMs, everyMs: intervalMs })) return;
  throw new DrydockError(
    'unhealthy',
    `point the edge in ${at} to ${colour}: no container answers for ${missing.join(', ')}`,
    { next: `start the ${colour} release and try again` },
  );
}

async function routesWithoutAddress(at: string, colour: EdgeColour): Promise<string[]> {
  return (await statisticsOf(servingWorker(at)))
    .filter(({ svname, status }) => svname !== 'BACKEND' && svname !== 'FRONTEND' && status?.startsWith('MAINT'))
    .flatMap(({ pxname }) => backendOf(pxname ?? '') ?? [])
    .filter((backend) => backend.colour === colour && backend.access === 'write')
    .map(({ route }) => route);
}

type Which = (backend: Backend) => boolean;

/** Zero must be seen twice: a request may have passed the mode's rule and not yet be counted. */
async function drain(at: string, which: Which, timeoutMs: number, signal?: AbortSignal): Promise<{ left: number }> {
  let [left, quiet] = [0, 0];
  const isQuiet = async () => {
    left = await sessions(at, which);
    quiet = left === 0 ? quiet + 1 : 0;
    return quiet === 2;
  };
  await eventually(isQuiet, { withinMs: timeoutMs, everyMs: intervalMs, signal });
  return { left };
}

async function traffic(at: string, colour: EdgeColour): Promise<EdgeTraffic> {
  const rows = await backendsOf(servingWorker(at), (backend) => backend.colour === colour);
  const sum = (count: (row: Record<string, string>) => number) => rows.reduce((total, row) => total + count(row), 0);
  const recent = ({ req_tot }: Record<string, string>) => Math.min(1024, Number(req_tot));
  const counted = sum(recent);
  return {
    requests: sum(({ req_tot }) => Number(req_tot)),
    errors: sum(({ hrsp_5xx }) => Number(hrsp_5xx)),
    averageMs: counted === 0 ? 0 : sum((row) => recent(row) * Number(row['ttime'])) / counted,
  };
}

async function sessions(at: string, which: Which): Promise<number> {
  const rows = await Promise.all((await allWorkers(at)).map((worker) => backendsOf(worker, which)));
  return rows.flat().reduce((sum, { scur }) => sum + Number(scur), 0);
}

async function backendsOf(worker: EdgeWorker, which: Which): Promise<Record<string, string>[]> {
  return (await statisticsOf(worker)).filter(({ svname, pxname }) => {
    const backend = svname === 'BACKEND' ? backendOf(pxname ?? '') : undefined;
    return backend !== undefined && which(backend);
  });
}
