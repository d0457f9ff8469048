import { askMaster, askProxy } from './admin-socket.ts';

/** Asks one process of the proxy: undefined when that process is gone. */
export type EdgeWorker = (command: string) => Promise<string | undefined>;

/** The worker that takes new connections. */
export function servingWorker(at: string): EdgeWorker {
  return (command) => askProxy(at, command);
}

/** The serving worker, and those left by reloads, which end their requests and answer one more per connection. */
export async function allWorkers(at: string): Promise<EdgeWorker[]> {
  const [, old = ''] = ((await askMaster(at, 'show proc')) ?? '').split('# old workers');
  const ids = old.split('\n').flatMap((line) => /^(\d+)\s+worker/.exec(line)?.[1] ?? []);
  return [servingWorker(at), ...ids.map((id) => leavingWorker(at, id))];
}

function leavingWorker(at: string, id: string): EdgeWorker {
  return async (command) => {
    const answer = await askMaster(at, `@!${id} ${command}`);
    return answer === '' || answer?.startsWith("Can't find the target PID") ? undefined : answer;
  };
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
