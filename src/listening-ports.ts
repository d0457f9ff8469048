import { readdir, readFile, readlink } from 'node:fs/promises';

/** TCP ports of this machine with a listener, with the name and pid of the process where known. */
export async function listeningPorts(): Promise<Map<number, string>> {
  const inodes = new Map<string, number>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const [inode, port] of await listeners(file)) inodes.set(inode, port);
  }
  const owners = await socketOwners(new Set(inodes.keys()));
  return new Map([...inodes].map(([inode, port]) => [port, owners.get(inode) ?? 'another process']));
}

const listening = '0A';

async function listeners(file: string): Promise<[string, number][]> {
  const text = await readFile(file, 'utf8').catch(() => ''); // A kernel without IPv6 has no tcp6 table.
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listening)
    .map((fields) => [fields[9] ?? '', Number.parseInt(fields[1]?.split(':')[1] ?? '0', 16)]);
}

/** Process name and pid per socket inode, without processes that vanish meanwhile or that we may not read. */
async function socketOwners(inodes: ReadonlySet<string>): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode === undefined || !inodes.has(inode) || owners.has(inode)) continue;
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'process')).trim();
      owners.set(inode, `process ${name} (pid ${pid})`);
    }
  }
  return owners;
}
