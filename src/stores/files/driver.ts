import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { runCommand } from '../../drivers/command.ts';
import { isThere } from '../../drivers/notes.ts';
import { DrydockError } from '../../errors.ts';
import {
  artifactSize,
  digestOfFile,
  noView,
  readJsonArtifact,
  reportingGrowth,
  sameDigest,
  writeJsonArtifact,
} from '../artifact-files.ts';
import type { DriverOf, HostFiles } from '../store.ts';
import { archiveBytes, countFiles, refuseMissing, separatePaths } from './tree.ts';

const archive = 'files.tar';
const record = 'files.json';
const Recorded = z.strictObject({ sizeBytes: z.int(), sha256: z.string(), paths: z.array(z.string()) });

/**
 * An instance's files in its directory on the host, as one tar archive. Nothing stops writers meanwhile: a file that
 * changes while it is read fails the freeze. Loading replaces whole paths.
 */
export function createFilesStore(): DriverOf<'files', HostFiles, HostFiles> {
  return {
    kind: 'files',
    async recover() {},
    contents: countFiles,

    version: tarVersion,
    engineVersion: tarVersion,

    captureSpace: async (at) => ({ stagingBytes: await archiveBytes(at), storeBytes: 0 }),

    async freeze(at, directory, report, signal) {
      await refuseMissing(at);
      await rm(join(directory, record), { force: true });
      const plain = ['--sort=name', '--numeric-owner', '--no-xattrs', '--no-acls', '--no-selinux', '--format=gnu'];
      const args = ['--create', ...plain, '--file', join(directory, archive), '--directory', at.directory];
      await reportingGrowth(join(directory, archive), report, () =>
        runCommand('tar', [...args, '--', ...separatePaths(at.paths)], { signal }),
      );
      return { unavailableMs: 0 };
    },

    async capture(at, directory, report, signal) {
      if (!(await isThere(join(directory, archive)))) throw noView(at);
      const digest = await digestOfFile(join(directory, archive), signal);
      report({ done: digest.sizeBytes });
      await writeJsonArtifact(directory, record, { ...digest, paths: separatePaths(at.paths) });
      return { files: [archive, record].map((name) => ({ name, compressed: false })) };
    },

    async thaw() {},

    async check(_at, directory, _report, signal) {
      const { paths, ...digest } = await readJsonArtifact(directory, record, Recorded);
      await sameDigest(directory, archive, digest, signal);
      const members = await membersOf(directory, paths, signal);
      return { tool: 'tar', result: `${members} members with the recorded SHA-256` };
    },

    /** Unpacks beside the target and moves path by path, so that no half unpacked archive is ever in place. */
    async load(at, directory, _report, signal) {
      const { paths } = await readJsonArtifact(directory, record, Recorded);
      await membersOf(directory, paths, signal);
      const unpacked = join(at.directory, '.drydock-unpacked');
      await rm(unpacked, { recursive: true, force: true });
      await mkdir(unpacked, { recursive: true });
      try {
        const owner = process.getuid?.() === 0 ? ['--same-owner', '--numeric-owner'] : ['--no-same-owner'];
        const args = ['--extract', '--preserve-permissions', ...owner, '--file', join(directory, archive)];
        await runCommand('tar', [...args, '--directory', unpacked], { signal });
        for (const path of paths) {
          await mkdir(dirname(join(at.directory, path)), { recursive: true });
          await rm(join(at.directory, path), { recursive: true, force: true });
          await rename(join(unpacked, path), join(at.directory, path));
        }
      } finally {
        await rm(unpacked, { recursive: true, force: true });
      }
    },

    async loadRunning() {},
  };
}

/** Counts the archive's members. All must be below the paths: we write no others. */
async function membersOf(directory: string, paths: readonly string[], signal: AbortSignal): Promise<number> {
  await artifactSize(directory, archive);
  const args = ['--list', '--quoting-style=escape', '--absolute-names', '--file', join(directory, archive)];
  const { stdout } = await runCommand('tar', args, { signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new DrydockError('damaged', `list ${archive}: it is not a whole tar archive`, { cause });
  });
  const members = stdout.split('\n').filter((member) => member !== '');
  const outside = members.filter(
    (member) =>
      member.split('/').includes('..') || !paths.some((path) => member === path || member.startsWith(`${path}/`)),
  );
  if (outside.length === 0) return members.length;
  throw new DrydockError('damaged', `list ${archive}: it holds entries outside of ${paths.join(', ')}`, {
    problems: outside.slice(0, 20),
  });
}

async function tarVersion(): Promise<string> {
  const { stdout } = await runCommand('tar', ['--version']);
  return stdout.split('\n')[0] ?? '';
}
