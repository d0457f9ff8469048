import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { expect, onTestFinished, test } from 'vitest';

const source = fileURLToPath(new URL('../../src/', import.meta.url));
const logger = new DefaultLogger('ERROR', () => {});

test('the workflows make one bundle, and nothing that touches the world is in it', async () => {
  const { code } = await bundleWorkflowCode({ workflowsPath: join(source, 'workflows/index.ts'), logger });
  for (const foreign of ['dockerode', '@aws-sdk', 'neo4j-driver', 'src/drivers/docker', 'src/config.ts']) {
    expect(code.includes(foreign), foreign).toBe(false);
  }
});

test('a workflow that imports a Node built-in makes no bundle', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'drydock-bundle-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'workflow.ts');
  await writeFile(
    file,
    "import { readFileSync } from 'node:fs';\nexport async function bad() { return readFileSync('/etc/hostname'); }\n",
  );
  await expect(bundleWorkflowCode({ workflowsPath: file, logger })).rejects.toThrow();
});

test('no source file is longer than 400 lines', async () => {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  const long: string[] = [];
  for (const { parentPath, name } of files) {
    const lines = (await readFile(join(parentPath, name), 'utf8')).split('\n').length;
    if (lines > 400) long.push(`${name}: ${lines}`);
  }
  expect(long).toEqual([]);
});
