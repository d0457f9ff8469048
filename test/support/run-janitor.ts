/**
 * Waits for the end of a run of tests, which closes our standard input, and removes its directory. If nobody said that the
 * run is over, the run was killed: the janitor then removes its planes and instances too, and every process of the directory.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { planePrefix, removePlane } from './plane.ts';

const [, , directory = ''] = process.argv;
// Ctrl-C on the terminal reaches this process too, and must not end it.
process.on('SIGINT', () => {});
let said = '';
for await (const text of process.stdin.setEncoding('utf8')) said += text;
if (said !== 'over') {
  for (const name of await readdir(directory)) {
    if (name.startsWith(planePrefix)) await removePlane(join(directory, name));
  }
  for (const pid of await processesThatKnow(directory)) kill(pid);
}
await rm(directory, { recursive: true, force: true, maxRetries: 3 });

/** Servers are told by argument or by variable where their files are. */
async function processesThatKnow(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: number[] = [];
  for (const pid of pids.filter((one) => one !== process.pid)) {
    const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
    if ((await read('cmdline')).includes(text) || (await read('environ')).includes(text)) found.push(pid);
  }
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process ended by itself.
  }
}
