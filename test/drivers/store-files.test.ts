import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../src/drivers/command.ts';
import { createFilesStore } from '../../src/stores/files/driver.ts';
import type { HostFiles } from '../../src/stores/store.ts';
import { storeSuite, take } from './store.suite.ts';

const never = new AbortController().signal;
const silent = () => undefined;

storeSuite('files', async () => {
  const root = await mkdtemp(join(tmpdir(), 'drydock-files-'));
  const live = await filledDirectory(join(root, 'live'));
  let places = 0;
  return {
    driver: createFilesStore(),
    live,
    async empty() {
      const directory = join(root, `place-${places++}`);
      await mkdir(directory);
      const tools = { ...live, directory };
      return { tools, start: async () => tools };
    },
    withWrongSecret: undefined,
    running: async () => true,
    leftBehind: async () => (await readdir(live.directory)).filter((name) => name.startsWith('.')),
    dispose: () => rm(root, { recursive: true }),
  };
});

describe('files of an instance', () => {
  const driver = createFilesStore();
  let root: string;
  let at: HostFiles;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'drydock-files-'));
    at = await filledDirectory(join(root, 'live'));
    await mkdir(join(root, 'staging'));
  });
  afterEach(() => rm(root, { recursive: true }));

  test('are not captured when a path is missing, and all missing ones are named', async () => {
    const missing = { ...at, paths: ['config', 'data/gone', '../outside'] };
    const capture = driver.freeze(missing, join(root, 'staging'), silent, never);
    await expect(capture).rejects.toMatchObject({
      code: 'not-found',
      problems: ['data/gone is not there', `../outside leads out of ${at.directory}`],
    });
  });

  test.each([
    ['a file changed', (directory: string) => writeFile(join(directory, 'config/a b.yaml'), 'other: 1\n')],
    ['a mode changed', (directory: string) => chmod(join(directory, 'config/a b.yaml'), 0o600)],
    [
      'an empty directory is gone',
      (directory: string) => rm(join(directory, 'data/docs_in/empty'), { recursive: true }),
    ],
  ])('have another digest when %s', async (_title, change) => {
    const before = await driver.contents(at);
    await change(at.directory);
    expect(await driver.contents(at)).not.toEqual(before);
  });

  test('replace what lies under their paths, and nothing else', async () => {
    const staging = join(root, 'staging');
    await take(driver, at, staging);
    const target = { ...at, directory: join(root, 'target') };
    await mkdir(join(target.directory, 'config'), { recursive: true });
    await writeFile(join(target.directory, 'config/stale.yaml'), 'old');
    await writeFile(join(target.directory, '.env'), 'KEPT=1');
    await driver.load(target, staging, silent, never);
    expect(await readdir(join(target.directory, 'config'))).not.toContain('stale.yaml');
    expect((await readdir(target.directory)).sort()).toEqual(['.env', 'config', 'data']);
    expect(await driver.contents(target)).toEqual(await driver.contents(at));
  });

  test('are not unpacked from an archive with an entry outside of their paths', async () => {
    const staging = join(root, 'staging');
    await take(driver, at, staging);
    await writeFile(join(root, 'stranger'), 'x');
    const args = ['--append', '--absolute-names', '--file', join(staging, 'files.tar'), join(root, 'stranger')];
    await runCommand('tar', args);
    const load = driver.load({ ...at, directory: join(root, 'target') }, staging, silent, never);
    await expect(load).rejects.toMatchObject({ code: 'damaged', problems: [join(root, 'stranger')] });
  });
});

async function filledDirectory(directory: string): Promise<HostFiles> {
  await mkdir(join(directory, 'data/docs_in/empty'), { recursive: true });
  await mkdir(join(directory, 'config/rules'), { recursive: true });
  await writeFile(join(directory, 'data/docs_in/report.pdf'), Buffer.alloc(300_000, 'drydock'));
  await writeFile(join(directory, 'data/docs_in/naïve name.txt'), 'text');
  await writeFile(join(directory, 'config/a b.yaml'), 'key: value\n', { mode: 0o640 });
  await symlink('../a b.yaml', join(directory, 'config/rules/link.yaml'));
  await writeFile(join(directory, 'left-out.txt'), 'not in the set');
  const paths = ['data/docs_in', 'config/', 'config/rules'];
  return { place: 'directory', instance: 'pharma', store: 'files', directory, paths };
}
