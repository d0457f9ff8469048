import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../src/drivers/command.ts';
import type { Labels } from '../../src/drivers/docker/container-runtime.ts';
import { docker } from './store-containers.ts';

/** Volumes on a small XFS that clones files; the engine's own file system mostly cannot clone. */
export interface CloningVolumes {
  createVolume(name: string, labels: Labels): Promise<void>;
  staging: string;
  dispose(): Promise<void>;
}

export async function createCloningVolumes(): Promise<CloningVolumes> {
  const root = await mkdtemp(join(tmpdir(), 'drydock-xfs-'));
  const mounted = join(root, 'mounted');
  const staging = join(root, 'staging');
  await mkdir(mounted);
  await mkdir(staging);
  await runCommand('truncate', ['--size', '4G', join(root, 'disk')]);
  await runCommand('mkfs.xfs', ['-q', '-m', 'reflink=1', join(root, 'disk')]);
  await runCommand('mount', ['-o', 'loop', join(root, 'disk'), mounted]);
  return {
    staging,
    async createVolume(name, labels) {
      const device = join(mounted, name);
      await mkdir(device, { recursive: true });
      const options = ['type=none', 'o=bind', `device=${device}`].flatMap((option) => ['--opt', option]);
      const labelled = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
      await docker('volume', 'create', ...options, ...labelled, name);
    },
    async dispose() {
      await runCommand('umount', [mounted]);
      await rm(root, { recursive: true });
    },
  };
}
