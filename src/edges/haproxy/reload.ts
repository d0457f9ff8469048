import { DrydockError } from '../../errors.ts';
import { eventually } from '../../eventually.ts';
import { askMaster, askProxy } from './admin-socket.ts';

const intervalMs = 100;
/** A worker reads only a few hundred lines. */
const takenWithinMs = 15_000;

/** Asks the master for a new worker, and waits until the new one serves. The old one ends by itself. */
export async function reloadProxy(at: string): Promise<void> {
  const before = await workerOf(at);
  if (before === undefined) return; // The proxy reads its files when it starts.
  if ((await askMaster(at, 'reload')) === undefined) {
    throw new DrydockError('unavailable', `reload the edge in ${at}: the proxy runs without a master`, {
      next: 'restart the container of the edge: an older version of Drydock started it',
    });
  }
  const isTaken = async () => ![undefined, before].includes(await workerOf(at));
  if (await eventually(isTaken, { withinMs: takenWithinMs, everyMs: intervalMs })) return;
  throw new DrydockError('unavailable', `reload the edge in ${at}: the old worker still serves`, {
    next: 'look in the log of the edge for the part of the configuration that it refuses',
  });
}

/** Process id of the worker that answers on the admin socket; undefined without an answer. */
async function workerOf(at: string): Promise<string | undefined> {
  return /^Pid: (\d+)/m.exec((await askProxy(at, 'show info')) ?? '')?.[1];
}
