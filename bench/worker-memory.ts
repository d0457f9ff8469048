import { readdir, readFile } from 'node:fs/promises';

/** Peaks of resident memory, in bytes; children are all programs the process has started, together. */
export interface MemoryPeaks {
  workerBytes: number;
  childrenBytes: number;
}

/** Often enough for programs that run for seconds; looking costs processor time that only Drydock's side would pay. */
const lookMs = 250;

/** Does something and watches the memory of a process meanwhile. Its own peak is the kernel's, so nothing is missed. */
export async function watchingMemory<T>(
  pid: number,
  act: () => Promise<T>,
): Promise<{ result: T; peaks: MemoryPeaks }> {
  const peaks: MemoryPeaks = { workerBytes: 0, childrenBytes: 0 };
  const look = async () => {
    peaks.childrenBytes = Math.max(peaks.childrenBytes, await descendantsBytes(pid));
  };
  const timer = setInterval(() => void look(), lookMs);
  try {
    const result = await act();
    peaks.workerBytes = (await status(pid, 'VmHWM')) ?? 0;
    return { result, peaks };
  } finally {
    clearInterval(timer);
  }
}

/** Goes from child to child: reading what every process of the machine is took a fifth of a processor. */
async function descendantsBytes(ancestor: number): Promise<number> {
  const sizes = (await childrenOf(ancestor)).map(async (child) => {
    return ((await status(child, 'VmRSS')) ?? 0) + (await descendantsBytes(child));
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Those that any of its threads has started. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'latin1').catch(() => ''));
  return (await Promise.all(lists)).flatMap((list) => list.split(' ').filter((child) => child !== '')).map(Number);
}

/** A line of /proc/PID/status in bytes; undefined when the process has ended. */
async function status(pid: number, name: 'VmHWM' | 'VmRSS'): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
