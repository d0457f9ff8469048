import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { DrydockError } from '../../errors.ts';

/** Refuses, naming port and holder, when one of these ports on 127.0.0.1 is taken. */
export async function requireFreePorts(ports: readonly number[], forWhat: string): Promise<void> {
  const taken: number[] = [];
  for (const port of ports) if (!(await isFree(port))) taken.push(port);
  if (taken.length === 0) return;
  throw new DrydockError('refused', `start ${forWhat}: ports are taken`, {
    problems: taken.map((port) => `127.0.0.1:${port} is held by ${holderOf(port) ?? 'a process that cannot be seen'}`),
    next: 'stop that process, or choose other ports: drydock up --temporal-port N --ui-port N --s3-port N --metrics-port N',
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** The listener on a port, from /proc: the socket's inode in the table of listeners, then the process with it. */
function holderOf(port: number): string | undefined {
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port)));
  if (inodes.size === 0) return undefined;
  const pid = entries('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((candidate) => entries(`/proc/${candidate}/fd`).some((fd) => inodes.has(socketOf(candidate, fd))));
  return pid === undefined ? undefined : `pid ${pid} (${commandOf(pid)})`;
}

const listening = '0A';

function listeners(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = read(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.filter((row) => row[1]?.endsWith(wanted) && row[3] === listening).map((row) => `socket:[${row[9]}]`);
}

function socketOf(pid: string, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return '';
  }
}

function commandOf(pid: string): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 100);
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
