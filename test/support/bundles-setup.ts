import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** Names the directory of the workflow bundles that the files of a run share: a bundle takes seconds of processor time. */
export const bundlesVariable = 'DRYDOCK_TEST_BUNDLES';

/** A place for bundles of this run's sources, gone with the run, and emptied when files have changed and it runs again. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'drydock-bundles-'));
  process.env[bundlesVariable] = directory;
  const remove = () => rm(directory, { recursive: true, force: true });
  project.onTestsRerun(async () => {
    await remove();
    await mkdir(directory);
  });
  return remove;
}
