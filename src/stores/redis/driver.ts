import { createWriteStream } from 'node:fs';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { StoreContents } from '../../contracts/contents.ts';
import type { ContainerRuntime, Mount } from '../../drivers/docker/container-runtime.ts';
import { DrydockError } from '../../errors.ts';
import { artifactSize, reportingGrowth, withWorkDirectory } from '../artifact-files.ts';
import type { Report, RunningService, ServiceTools, StoreDriver } from '../store.ts';
import { lastLines, mustRun, refuseVolumeInUse, runTool, toolFailure, versionInImage } from '../tools.ts';
import { info, parameter, saveInBackground, whileSaving, withRedis } from './client.ts';

const artifact = 'dump.rdb';

/**
 * Redis, captured while it serves. The server saves in the background and the file is copied out of its volume:
 * `redis-cli --rdb` would need the network and the password in the tool's container, blocks other saves, and leaves
 * 40 bytes behind the end of the file. The file is of one moment, so nothing needs to stop for it; what it then held is
 * counted in the file by the check. The RDB file holds what the append-only file would replay to, so with either
 * kind of persistence the number of keys is the same; keys that expire before the load are not loaded.
 */
export function createRedisStore(runtime: ContainerRuntime): StoreDriver<ServiceTools, RunningService> {
  return {
    kind: 'redis',
    async recover() {},

    /** What DBSIZE says, over all databases: keys that have expired and nobody has asked for since are still counted. */
    contents: (at) =>
      withRedis(at, async (send) => {
        let keys = 0;
        let expiring = 0;
        for (const [, counts] of await info(send, 'keyspace')) {
          keys += Number(/keys=(\d+)/.exec(counts)?.[1] ?? 0);
          expiring += Number(/expires=(\d+)/.exec(counts)?.[1] ?? 0);
        }
        return { kind: 'redis', keys, expiring };
      }),

    version: (at) => withRedis(at, async (send) => String((await info(send, 'server')).get('redis_version'))),
    engineVersion: (at) => versionInImage(runtime, at, ['redis-server', '--version']),

    /** An RDB file is smaller than the memory that holds the same keys. */
    captureSpace: (at) =>
      withRedis(at, async (send) => {
        const sizeBytes = Number((await info(send, 'memory')).get('used_memory'));
        return { stagingBytes: sizeBytes, storeBytes: sizeBytes };
      }),

    async capture(at, directory, report, signal) {
      signal.throwIfAborted();
      await withRedis(at, async (send) => {
        const path = join(await parameter(send, 'dir'), await parameter(send, 'dbfilename'));
        await keepingOut(at, path, directory, async () => {
          try {
            await saveInBackground(at, send, signal);
          } finally {
            await whileSaving(send);
          }
          await copyOut(at, basename(path), directory, report, signal);
        });
      });
      return { files: [{ name: artifact, compressed: false }], unavailableMs: 0 };
    },

    async check(at, directory, _report, signal) {
      await artifactSize(directory, artifact);
      const result = await runTool(
        runtime,
        at,
        {
          entrypoint: ['redis-check-rdb', `/artifacts/${artifact}`],
          command: [],
          user: '0:0',
          mounts: [artifacts(directory)],
        },
        signal,
      );
      if (result.exitCode === 0) {
        return { tool: 'redis-check-rdb', result: lastLines(result.stdout, 4), ...countedIn(result.stdout) };
      }
      throw toolFailure(at, 'check of the RDB file', result, 'damaged');
    },

    /**
     * A server with an append-only file reads nothing else, and starts empty without one: so the RDB file becomes the
     * base of one. It is there as dump.rdb too, for a server without.
     */
    async load(at, directory, _report, signal) {
      await artifactSize(directory, artifact);
      await refuseVolumeInUse(runtime, at);
      const mounts = [data(at.volume, 'read-write'), artifacts(directory)];
      const script = { entrypoint: ['sh', '-ceu', loadScript], command: [], user: '0:0', mounts };
      await mustRun(runtime, at, { title: 'load', ...script }, signal);
    },

    async loadRunning() {},
  };

  /** A server without any persistence would load our save at its next start: what was not there goes again. */
  async function keepingOut(at: RunningService, path: string, directory: string, act: () => Promise<void>) {
    const mark = join(directory, '.rdb-is-ours');
    const killedBefore = (await stat(mark).catch(() => undefined)) !== undefined;
    const ours = killedBefore || !(await exists(at, path));
    if (ours) await writeFile(mark, '');
    try {
      await act();
    } finally {
      if (ours) await runtime.exec(at.container, ['rm', '-f', path]);
      await rm(mark, { force: true });
    }
  }

  async function exists(at: RunningService, path: string): Promise<boolean> {
    const { exitCode, stdout, stderr } = await runtime.exec(at.container, ['test', '-e', path]);
    if (exitCode === 0 || exitCode === 1) return exitCode === 0;
    throw new DrydockError('tool-failed', `look for ${path} in ${at.container}: ${lastLines(`${stdout}\n${stderr}`)}`);
  }

  async function copyOut(at: ServiceTools, name: string, directory: string, report: Report, signal: AbortSignal) {
    await withWorkDirectory(directory, async (work) => {
      const copy = join(work, artifact);
      const tool = {
        title: 'copying of the RDB file',
        entrypoint: ['cat', `/data/${name}`],
        command: [],
        user: '0:0',
        mounts: [data(at.volume, 'read-only')],
        stdout: createWriteStream(copy),
      };
      await reportingGrowth(copy, report, () => mustRun(runtime, at, tool, signal));
      signal.throwIfAborted();
      await rename(copy, join(directory, artifact));
    });
  }
}

/** Keys of all databases in the file, those that have expired since among them; nothing when the tool says it in other words. */
function countedIn(said: string): { contents?: StoreContents } {
  const [keys, expiring] = ['keys read', 'expires'].map((what) => {
    return new RegExp(`^\\[info\\] (\\d+) ${what}$`, 'm').exec(said)?.[1];
  });
  if (keys === undefined || expiring === undefined) return {};
  return { contents: { kind: 'redis', keys: Number(keys), expiring: Number(expiring) } };
}

const loadScript = `
find /data -mindepth 1 -delete
mkdir /data/appendonlydir
cp /artifacts/${artifact} /data/appendonlydir/appendonly.aof.1.base.rdb
echo 'file appendonly.aof.1.base.rdb seq 1 type b' > /data/appendonlydir/appendonly.aof.manifest
redis-check-aof /data/appendonlydir/appendonly.aof.manifest
ln /data/appendonlydir/appendonly.aof.1.base.rdb /data/${artifact}
chown -R redis:redis /data`;

function data(volume: string, access: Mount['access']): Mount {
  return { kind: 'volume', source: volume, target: '/data', access };
}

function artifacts(directory: string): Mount {
  return { kind: 'bind', source: directory, target: '/artifacts', access: 'read-only' };
}
