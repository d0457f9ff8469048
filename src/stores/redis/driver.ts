import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { ContainerRuntime, Mount } from '../../drivers/docker/container-runtime.ts';
import { isThere, readNote, writeNote } from '../../drivers/notes.ts';
import { DrydockError } from '../../errors.ts';
import { artifactSize, noView, reportingGrowth, withWorkDirectory } from '../artifact-files.ts';
import type { DriverOf, Report, ServiceTools } from '../store.ts';
import { lastLines, mustRun, refuseVolumeInUse, runTool, toolFailure, versionInImage } from '../tools.ts';
import { awaitSave, Fork, forkForSave, info, type KeyService, parameter, whileSaving, withRedis } from './client.ts';
import type { KeyContents } from './kind.ts';

const artifact = 'dump.rdb';

/**
 * Redis, frozen by the fork of a background save, while it serves. The finished file is copied out of its volume:
 * `redis-cli --rdb` would need the network and the password in the tool's container, blocks other saves, and leaves 40
 * bytes behind the end of the file. The file shows one moment, so nothing needs to stop; the check counts its contents.
 * The RDB file holds what a replay of the append-only file would give, so both kinds of persistence give the same
 * number of keys; keys that expire before the load are not loaded.
 */
export function createRedisStore(runtime: ContainerRuntime): DriverOf<'redis', ServiceTools, KeyService> {
  return {
    kind: 'redis',
    async recover() {},

    /** DBSIZE over all databases: it still counts expired keys that nobody has asked for since. */
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

    /** An RDB file is smaller than its keys are in memory. */
    captureSpace: (at) =>
      withRedis(at, async (send) => {
        const sizeBytes = Number((await info(send, 'memory')).get('used_memory'));
        return { stagingBytes: sizeBytes, storeBytes: sizeBytes };
      }),

    async freeze(at, directory, _report, signal) {
      signal.throwIfAborted();
      await withRedis(at, async (send) => {
        const path = join(await parameter(send, 'dir'), await parameter(send, 'dbfilename'));
        await rm(join(directory, artifact), { force: true });
        const ours = (await viewIn(directory))?.ours ?? !(await exists(at, path));
        await runtime.exec(at.container, ['rm', '-f', linkTo(path)]);
        await writeNote(join(directory, viewFile), { path, ours });
        const fork = await forkForSave(send, signal);
        await writeNote(join(directory, viewFile), { path, ours, fork });
      }).catch(async (error: unknown) => {
        await thaw(at, directory);
        throw error;
      });
      return { unavailableMs: 0 };
    },

    async capture(at, directory, report, signal) {
      signal.throwIfAborted();
      const view = await viewIn(directory);
      if (view !== undefined) {
        if (!(await exists(at, linkTo(view.path)))) await keep(at, view, signal);
        await copyOut(at, basename(linkTo(view.path)), directory, report, signal);
      }
      if (!(await isThere(join(directory, artifact)))) throw noView(at);
      await thaw(at, directory);
      return { files: [{ name: artifact, compressed: false }] };
    },

    thaw,

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
     * base of one. A server without one reads dump.rdb.
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

  /** Gives the fork's file a second name as soon as it is written: the server's next save leaves that name alone. */
  async function keep(at: KeyService, { path, fork }: View, signal: AbortSignal): Promise<void> {
    if (fork === undefined) throw noView(at);
    await withRedis(at, async (send) => {
      if ((await awaitSave(at, send, fork, signal)) === 'other') throw noView(at);
      await linkFile(at, path);
      if ((await awaitSave(at, send, fork, signal)) === 'written') return;
      await runtime.exec(at.container, ['rm', '-f', linkTo(path)]);
      throw noView(at);
    });
  }

  async function thaw(at: KeyService, directory: string): Promise<void> {
    const view = await viewIn(directory);
    if (view === undefined) return;
    await withRedis(at, (send) => whileSaving(send));
    await runtime.exec(at.container, ['rm', '-f', linkTo(view.path), ...(view.ours ? [view.path] : [])]);
    await rm(join(directory, viewFile), { force: true });
  }

  async function linkFile(at: KeyService, path: string): Promise<void> {
    const { exitCode, stdout, stderr } = await runtime.exec(at.container, ['ln', path, linkTo(path)]);
    if (exitCode === 0) return;
    throw new DrydockError('tool-failed', `link ${path} in ${at.container}: ${lastLines(`${stdout}\n${stderr}`)}`);
  }

  async function exists(at: KeyService, path: string): Promise<boolean> {
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

/** `ours`: the RDB file exists only for us. A server without persistence would load it at its next start. */
const View = z.strictObject({ path: z.string(), ours: z.boolean(), fork: Fork.optional() });
type View = z.infer<typeof View>;
const viewFile = '.frozen.json';

function viewIn(directory: string): Promise<View | undefined> {
  return readNote(join(directory, viewFile), View);
}

function linkTo(path: string): string {
  return `${path}.drydock`;
}

/** Keys of all databases in the file, expired ones included; nothing when the tool words its answer differently. */
function countedIn(said: string): { contents?: KeyContents } {
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
