import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

const refused: [folder: string, specifier: string, reason: string][] = [
  ['contracts', 'node:fs', 'contracts cross every boundary'],
  ['contracts', '../errors.ts', 'contracts cross every boundary'],
  ['contracts', '@temporalio/common', 'contracts cross every boundary'],
  ['model/sets', 'node:crypto', 'model is pure'],
  ['model/sets', '@temporalio/workflow', 'model is pure'],
  ['model/sets', '../../drivers/docker/engine.ts', 'model is pure'],
  ['model/sets', '../../edges/haproxy/driver.ts', 'model is pure'],
  ['workflows', 'node:fs/promises', 'a workflow only orders steps'],
  ['workflows', '../drivers/docker/engine.ts', 'a workflow only orders steps'],
  ['workflows', '../config.ts', 'a workflow only orders steps'],
  ['workflows', '@temporalio/workflow', 'a workflow reaches what carries it through its platform'],
  ['workflows/parts', '@temporalio/workflow', 'a workflow reaches what carries it through its platform'],
  ['workflows/claims', '@temporalio/workflow', 'a workflow reaches what carries it through its platform'],
  ['workflows/running', '../../config.ts', 'a workflow only orders steps'],
  ['workflows/parts', '../../activities/sets/stores.ts', 'a workflow only orders steps'],
  ['drivers/docker', '@temporalio/activity', 'a driver knows one real system'],
  ['drivers/docker', '../../activities/index.ts', 'a driver knows one real system'],
  ['drivers/docker', '../../contracts/backup.ts', 'a driver knows one real system'],
  ['stores/redis', '../../contracts/backup.ts', 'a driver knows one real system'],
  ['activities/sets', '../../stores/drivers.ts', 'a step sees interfaces of drivers'],
  ['stores/*/kind.ts', 'redis', 'what a kind of store is, is pure'],
  ['contracts', '../stores/open.ts', 'contracts cross every boundary'],
  ['model/sets', '../../stores/redis/driver.ts', 'model is pure'],
  ['workflows', '../stores/drivers.ts', 'a workflow only orders steps'],
  ['client', '../stores/drivers.ts', 'the command needs only Temporal'],
  ['edges/haproxy', '../../activities/index.ts', 'a driver knows one real system'],
  ['activities/sets', '../../workflows/backup.ts', 'a step sees interfaces of drivers'],
  ['activities/sets', '../../drivers/docker/engine.ts', 'a step sees interfaces of drivers'],
  ['activities/sets', '../../stores/redis/driver.ts', 'a step sees interfaces of drivers'],
  ['activities', '../config.ts', 'a step sees interfaces of drivers'],
  ['activities/*/steps.ts', 'node:fs', 'workflows read these declarations'],
  ['activities/*/steps.ts', './stores.ts', 'workflows read these declarations'],
  ['activities/*/steps.ts', '../../drivers/docker/engine.ts', 'workflows read these declarations'],
  ['client', '../drivers/docker/engine.ts', 'the command needs only Temporal'],
  ['client', '../stores/redis/driver.ts', 'the command needs only Temporal'],
  ['client/commands', '../../activities/index.ts', 'the command needs only Temporal'],
  ['client', '../workers/run.ts', 'the command needs only Temporal'],
  ['client/commands', '../../../demo/main.ts', 'the command needs only Temporal'],
  ['workers', '../client/instances.ts', 'a worker is no client'],
  ['workers/control', '../../client/instances.ts', 'a worker is no client'],
];
const fine: [folder: string, specifier: string][] = [
  ['contracts', './ids.ts'],
  ['contracts', 'zod'],
  ['stores/*/kind.ts', 'zod'],
  ['contracts', '../stores/kinds.ts'],
  ['contracts', '../stores/redis/kind.ts'],
  ['model/sets', '../../stores/kinds.ts'],
  ['workflows/parts', '../../stores/kinds.ts'],
  ['client', '../stores/kinds.ts'],
  ['activities/sets', '../../stores/open.ts'],
  ['model/sets', '../../contracts/ids.ts'],
  ['model/sets', '../instance/names.ts'],
  ['workflows', '@temporalio/common'],
  ['workflows', '../model/instance/names.ts'],
  ['workflows', './running/procedure.ts'],
  ['workflows/parts', '../running/run.ts'],
  ['drivers/docker', '../../errors.ts'],
  ['activities/sets', '../../drivers/docker/container-runtime.ts'],
  ['activities/sets', '../instance/instances.ts'],
  ['activities/*/steps.ts', '../step-declaration.ts'],
  ['workflows/running', '../../activities/steps.ts'],
  ['client', '../contracts/ids.ts'],
  ['workers', '../drivers/docker/engine.ts'],
];

/** Biome's complaints by path, in a tree with our folders and rules whose files hold only good and bad imports. */
const said = new Map<string, string>();
let tree: string;
beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'drydock-imports-'));
  await copyFile(join(root, 'biome.json'), join(tree, 'biome.json'));
  for (const [file, specifier] of [...refused, ...fine]) {
    const path = pathOf(file, specifier);
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), `import { given } from '${specifier}';\n\nexport const used = given;\n`);
  }
  for (const { category, location, message } of await lint()) {
    if (category === 'lint/style/noRestrictedImports') said.set(location.path, message);
  }
});
afterAll(() => rm(tree, { recursive: true, force: true }));

/** The file for one import. Where the rule is for files of one name, the folder above them differs instead. */
function pathOf(folder: string, specifier: string): string {
  const name = specifier.replaceAll(/\W+/g, '-');
  return folder.includes('*') ? `src/${folder.replace('*', name)}` : `src/${folder}/${name}.ts`;
}

interface Diagnostic {
  category: string;
  location: { path: string };
  message: string;
}

function lint(): Promise<Diagnostic[]> {
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', '--only=style/noRestrictedImports', 'src'];
  return new Promise((resolve) => {
    execFile(join(root, 'node_modules/.bin/biome'), args, { cwd: tree }, (_, stdout) => {
      resolve(JSON.parse(stdout.slice(stdout.indexOf('{'))).diagnostics);
    });
  });
}

test.each(refused)('src/%s may not import %s, and is told why', (folder, specifier, reason) => {
  expect(said.get(pathOf(folder, specifier))).toContain(reason);
});

test.each(fine)('src/%s may import %s', (folder, specifier) => {
  expect(said.get(pathOf(folder, specifier))).toBeUndefined();
});
