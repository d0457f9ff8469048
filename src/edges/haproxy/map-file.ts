import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../drivers/partial-file.ts';
import { DrydockError } from '../../errors.ts';
import type { EdgeColour, EdgeMode } from '../edge.ts';
import { allWorkers, type EdgeWorker, servingWorker } from './workers.ts';

/** A map with one entry: its file, and what the running proxy has made of it. */
interface EdgeMap<Value extends string> {
  file: string;
  key: string;
  values: readonly Value[];
}

export const modeMap: EdgeMap<EdgeMode> = {
  file: 'mode.map',
  key: 'instance',
  values: ['open', 'read-only', 'maintenance'],
};
export const colourMap: EdgeMap<EdgeColour> = { file: 'colour.map', key: 'release', values: ['blue', 'green'] };

/** The file of a map, as the proxy reads it. */
export function mapText<Value extends string>({ key }: EdgeMap<Value>, value: Value): string {
  return `${key} ${value}\n`;
}

/** What counts: the running proxy's value, or the file's when it does not run. */
export async function readMap<Value extends string>(at: string, map: EdgeMap<Value>): Promise<Value> {
  return (await readRunning(at, map)) ?? (await readStored(at, map));
}

/** The running proxy's value; undefined when the proxy does not run. */
export function readRunning<Value extends string>(at: string, map: EdgeMap<Value>): Promise<Value | undefined> {
  return readFrom(servingWorker(at), at, map);
}

async function readFrom<Value extends string>(
  worker: EdgeWorker,
  at: string,
  map: EdgeMap<Value>,
): Promise<Value | undefined> {
  const id = await mapId(worker, at, map);
  const answer = id && (await worker(`show map ${id}`));
  if (answer === undefined) return undefined;
  const entry = answer.split('\n').map((line) => line.split(' ').slice(1));
  return valueIn(at, map, entry);
}

/** Stores the value, tells every worker of the proxy, and verifies that they have it. */
export async function writeMap<Value extends string>(at: string, map: EdgeMap<Value>, value: Value): Promise<void> {
  if ((await readStored(at, map)) !== value) await replaceFile(join(at, map.file), mapText(map, value));
  for (const worker of await allWorkers(at)) await tell(worker, at, map, value);
}

async function tell<Value extends string>(
  worker: EdgeWorker,
  at: string,
  map: EdgeMap<Value>,
  value: Value,
): Promise<void> {
  const id = await mapId(worker, at, map);
  if (id === undefined) return;
  const answer = await worker(`set map ${id} ${map.key} ${value}`);
  const seen = await readFrom(worker, at, map);
  // A proxy that stopped meanwhile reads the file when it starts.
  if (seen !== undefined && seen !== value) {
    const said = answer?.trim() ?? '';
    throw new DrydockError('unavailable', `set ${map.file} of the edge in ${at} to ${value}: ${said}`);
  }
}

async function readStored<Value extends string>(at: string, map: EdgeMap<Value>): Promise<Value> {
  const content = await readFile(join(at, map.file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new DrydockError('not-found', `read ${map.file} of the edge in ${at}: the edge was never prepared`);
  });
  return valueIn(
    at,
    map,
    content.split('\n').map((line) => line.trim().split(' ')),
  );
}

function valueIn<Value extends string>(at: string, map: EdgeMap<Value>, entries: string[][]): Value {
  const found = entries.find(([key]) => key === map.key)?.[1];
  const value = map.values.find((known) => known === found);
  if (value !== undefined) return value;
  throw new DrydockError('damaged', `read ${map.file} of the edge in ${at}: the file says '${found ?? 'nothing'}'`, {
    next: `write '${map.key} ${map.values[0]}' into ${join(at, map.file)}`,
  });
}

/** The proxy names maps by their path in the container; `#<id>` works without that path. */
async function mapId<Value extends string>(
  worker: EdgeWorker,
  at: string,
  map: EdgeMap<Value>,
): Promise<string | undefined> {
  const answer = await worker('show map');
  if (answer === undefined) return undefined;
  const line = answer.split('\n').find((listed) => listed.includes(`/${map.file})`));
  const id = line && /^(\d+) /.exec(line)?.[1];
  if (id === undefined) {
    throw new DrydockError('unavailable', `find ${map.file} of the edge in ${at}: the proxy has not loaded it`, {
      next: 'restart the edge: an older version of Drydock wrote its configuration',
    });
  }
  return `#${id}`;
}
