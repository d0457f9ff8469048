import { DrydockError } from '../../errors.ts';
import { eventually } from '../../eventually.ts';
import { askMaster, askProxy } from './admin-socket.ts';

const intervalMs = 100;
/** A master starts itself again on each reload, which takes a part of a second, and seconds on a busy machine. */
const answeredWithinMs = 10_000;

/** Asks one process of the proxy: undefined when that process is gone. */
export type EdgeWorker = (command: string) => Promise<string | undefined>;

/** The worker that takes new connections. */
export function servingWorker(at: string): EdgeWorker {
  return (command) => askProxy(at, command);
}

/** The serving worker, and those left by reloads, which end their requests and answer one more per connection. */
export async function allWorkers(at: string): Promise<EdgeWorker[]> {
  return [servingWorker(at), ...(await leavingIds(at)).map((id) => leavingWorker(at, id))];
}

/**
 * Whether a worker that leaves has answered or is gone must be certain: what it was not told, it serves to its last
 * client. A master that is just being started again answers nothing, so silence alone says neither.
 */
function leavingWorker(at: string, id: string): EdgeWorker {
  return (command) =>
    certain(at, `worker ${id}`, async () => {
      const answer = await askMaster(at, `@!${id} ${command}`);
      if (answer?.startsWith("Can't find the target PID")) return undefined;
      if (answer !== '') return answer;
      return (await leavingIds(at)).includes(id) ? unknown : undefined;
    });
}

async function leavingIds(at: string): Promise<string[]> {
  const listed = await certain(at, 'the master', async () => {
    const answer = await askMaster(at, 'show proc');
    return answer === undefined || answer.includes('# workers') ? answer : unknown;
  });
  const [, old = ''] = (listed ?? '').split('# old workers');
  return old.split('\n').flatMap((line) => /^(\d+)\s+worker/.exec(line)?.[1] ?? []);
}

const unknown = Symbol('not known yet');

async function certain(
  at: string,
  whom: string,
  ask: () => Promise<string | undefined | typeof unknown>,
): Promise<string | undefined> {
  let answer: string | undefined | typeof unknown = unknown;
  const isKnown = async () => {
    answer = await ask();
    return answer !== unknown;
  };
  await eventually(isKnown, { withinMs: answeredWithinMs, everyMs: intervalMs });
  if (answer !== unknown) return answer;
  throw new DrydockError('unavailable', `ask ${whom} of the edge in ${at}: no answer in ${answeredWithinMs / 1000} s`);
}

/** Rows of `show stat`, each by column name; empty when the worker is gone. */
export async function statisticsOf(worker: EdgeWorker): Promise<Record<string, string>[]> {
  const answer = (await worker('show stat')) ?? '';
  const [head = '', ...rows] = answer.split('\n').filter((line) => line !== '');
  const columns = head.replace(/^# /, '').split(',');
  return rows.map((row) => {
    const cells = row.split(',');
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
  });
}
