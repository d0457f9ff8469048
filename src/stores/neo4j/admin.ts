import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerRuntime, Mount } from '../../drivers/docker/container-runtime.ts';
import { DrydockError } from '../../errors.ts';
import { artifactSize } from '../artifact-files.ts';
import type { ServiceTools } from '../store.ts';
import { mustRun, prepareTool, runTool, toolFailure } from '../tools.ts';

/** Both images, the official one and ours, run the server as this user. */
const user = '7474:7474';
const heap = '512m';
const offHeap = '512m';
// Its own options bound neo4j-admin. A container limit would also count the file cache, and slow the program down.
const env = { HEAP_SIZE: heap };

/** neo4j-admin and cp in one-off containers. */
export function createNeo4jAdmin(runtime: ContainerRuntime) {
  const asRoot = (at: ServiceTools, script: string, mounts: Mount[], signal: AbortSignal) =>
    runTool(runtime, at, { entrypoint: ['sh', '-ceu', script], command: [], user: '0:0', mounts }, signal);

  return {
    /** A dump that outlived its process holds the store's lock: the server could not open the store. */
    async removeLeftOver(at: ServiceTools, signal: AbortSignal): Promise<void> {
      await asRoot(at, 'exit 0', [], signal);
    },

    /** Empties the copy volume and tells whether a store file can be cloned into it at once. */
    async canClone(at: ServiceTools, copy: string, signal: AbortSignal): Promise<boolean> {
      const result = await asRoot(at, probeScript, [data(at.volume, 'read-only'), into(copy)], signal);
      return result.exitCode === 0;
    },

    /** False when the file system cannot clone after all. */
    async clone(at: ServiceTools, copy: string, signal: AbortSignal): Promise<boolean> {
      const result = await asRoot(at, cloneScript, [data(at.volume, 'read-only'), into(copy)], signal);
      return result.exitCode === 0;
    },

    /** Writes <database>.dump into the host directory `to`. Needs a stopped store or a copy of a stopped store. */
    prepareDump(at: ServiceTools, from: { volume: string; database: string; to: string }, signal: AbortSignal) {
      const command = [...database('dump'), from.database, '--to-path=/capture', '--overwrite-destination=true'];
      const mounts = [data(from.volume, 'read-write'), bind(from.to, '/capture', 'read-write')];
      return prepareTool(runtime, at, { title: 'dump', command, mounts, env, user }, signal);
    },

    async check(at: ServiceTools, dump: { database: string; from: string; work: string }, signal: AbortSignal) {
      const mounts = [bind(dump.from, '/artifacts', 'read-only'), bind(dump.work, '/work', 'read-write')];
      const command = [...database('check'), dump.database, '--from-path=/artifacts', '--temp-path=/work'];
      command.push('--report-path=/work', `--max-off-heap-memory=${offHeap}`);
      const check = await runTool(runtime, at, { mounts, env, user, command }, signal);
      if (check.exitCode !== 0) throw toolFailure(at, 'check of the dump', check, 'damaged');
      return 'every record is consistent';
    },

    async load(at: ServiceTools, dump: { database: string; from: string }, signal: AbortSignal) {
      await mustRun(
        runtime,
        at,
        {
          title: 'load',
          command: [...database('load'), dump.database, '--from-path=/artifacts', '--overwrite-destination=true'],
          mounts: [data(at.volume, 'read-write'), bind(dump.from, '/artifacts', 'read-only')],
          env,
          user,
        },
        signal,
      );
    },
  };
}

/** The database whose dump lies in the directory: neo4j-admin wants the file named after the database. */
export async function dumpedDatabase(directory: string): Promise<string> {
  const dumps = (await readdir(directory)).filter((name) => name.endsWith('.dump'));
  if (dumps.length === 1 && dumps[0] !== undefined) return dumps[0].slice(0, -'.dump'.length);
  throw new DrydockError('damaged', `look for one dump in ${directory}: there are ${dumps.length}`);
}

/** A dump is zstd behind DZV1, or plain gzip when the native zstd library was missing. */
export async function refuseOtherFormats(directory: string, name: string): Promise<void> {
  await artifactSize(directory, name);
  await using file = await open(join(directory, name));
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  if (buffer.toString('latin1') === 'DZV1' || (buffer[0] === 0x1f && buffer[1] === 0x8b)) return;
  throw new DrydockError('damaged', `check ${name}: it does not begin like a Neo4j dump`);
}

const probeScript = `
find /copy -mindepth 1 -delete
probe=$(find /data -type f -size +0 -print -quit)
cp --reflink=always "$probe" /copy/probe
rm /copy/probe`;
/** The dot also copies owner and mode of the directory, which the server's user must be able to write. */
const cloneScript = 'cp -a --reflink=always /data/. /copy/';

const database = (verb: string) => ['neo4j-admin', 'database', verb];
const data = (volume: string, access: Mount['access']): Mount => ({
  kind: 'volume',
  source: volume,
  target: '/data',
  access,
});
const into = (volume: string): Mount => ({ kind: 'volume', source: volume, target: '/copy', access: 'read-write' });
const bind = (source: string, target: string, access: Mount['access']): Mount => ({
  kind: 'bind',
  source,
  target,
  access,
});
