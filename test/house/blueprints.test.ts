import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { readBlueprintFiles } from '../../src/client/blueprint-files.ts';
import { type BlueprintFiles, trustedBlueprint } from '../../src/model/check/check-blueprint.ts';
import { parseEnv } from '../../src/model/instance/env-file.ts';
import { type Fault, faults, writeRelease } from '../support/broken-releases.ts';

/** Versions of the reference blueprint in their order, each a directory of its own: what was pushed never changes. */
const versions = ['1.0.0', '2.0.0', '3.0.0'] as const;
const directories = { '1.0.0': 'osmose', '2.0.0': 'osmose-2.0.0', '3.0.0': 'osmose-3.0.0' };

/** Files in which each version may differ from the one before; all others are the same in all of them. */
const mayDiffer: Record<(typeof versions)[number], readonly string[]> = {
  '1.0.0': [],
  '2.0.0': ['.env.template', 'README.md', 'blueprint.yaml', 'init/schema.cypher'],
  '3.0.0': ['.env.template', 'README.md', 'blueprint.yaml', 'docker-compose.yml', 'init/schema.cypher'],
};

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const filesOf = (version: (typeof versions)[number]): BlueprintFiles => {
  const directory = fileURLToPath(new URL(`../../blueprints/${directories[version]}`, import.meta.url));
  return Object.fromEntries([...readBlueprintFiles(directory)].map(([path, content]) => [path, content.toString()]));
};
const files = Object.fromEntries(versions.map((version) => [version, filesOf(version)]));
const storesOf = (blueprint: BlueprintFiles) => {
  const { neo4j, qdrant, redis } = parse(blueprint['docker-compose.yml'] ?? '', { merge: true }).services;
  return { neo4j, qdrant, redis };
};
const steps = versions.slice(1).map((version, index) => [versions[index] ?? '', version] as const);

test.each(versions)('osmose %s is fine, and says that it is this version', (version) => {
  expect(trustedBlueprint(files[version] ?? {})).toMatchObject({ name: 'osmose', version });
});

test.each(steps)('from %s to %s only files change that may, and none goes', (from, to) => {
  const changed = Object.entries(files[from] ?? {}).filter(([path, text]) => files[to]?.[path] !== text);
  const names = changed.map(([path]) => path);
  expect(names.filter((path) => !mayDiffer[to].includes(path))).toEqual([]);
});

test.each(steps)('every migration of %s is in %s, the same and in the same place', (from, to) => {
  const [before, after] = [from, to].map((version) => trustedBlueprint(files[version] ?? {}).migrations);
  expect(after?.slice(0, before?.length)).toEqual(before);
  for (const migration of after?.slice(before?.length) ?? []) expect(migration.since, migration.name).toBe(to);
});

test('the stores of 2.0.0 are those of 1.0.0, so that it can run beside it', () => {
  const [first, second, third] = versions.map((version) => storesOf(files[version] ?? {}));
  expect(second).toEqual(first);
  expect(third).not.toEqual(first);
});

test.each(versions)(
  'Neo4j of %s finds a name for the address it listens on without asking a name server',
  (version) => {
    const { neo4j } = storesOf(files[version] ?? {});
    expect(neo4j.extra_hosts.map((entry: string) => entry.split(':')[1])).toContain('0.0.0.0');
  },
);

test.each(versions)('the template of %s names images of its own version, and they are built here', (version) => {
  const values = parseEnv(files[version]?.['.env.template'] ?? '');
  expect(values).toMatchObject({
    APP_IMAGE: `drydock/osmose-app:${version}`,
    FRONTEND_IMAGE: `drydock/osmose-frontend:${version}`,
  });
  for (const image of ['osmose-app', 'osmose-frontend']) {
    expect(read(`images/${image}/Dockerfile`), image).toMatch(new RegExp(` AS release-${version}$`, 'm'));
  }
});

test.each(steps)('the image of %s and that of %s differ in the code of the application', (_, version) => {
  expect(read('images/osmose-app/Dockerfile')).toContain(`COPY releases/${version} /app/osmose\n`);
  expect(read(`images/osmose-app/releases/${version}/release.py`)).toContain(
    `"""Release ${Number.parseInt(version, 10)}:`,
  );
});

test.each(Object.keys(faults) as Fault[])(
  'a release with the fault %s is a sound blueprint with the same stores',
  async (fault) => {
    const below = await mkdtemp(join(tmpdir(), 'drydock-releases-'));
    onTestFinished(() => rm(below, { recursive: true }));
    for (const base of versions) {
      const release = await writeRelease(fault, below, base);
      const texts = [...readBlueprintFiles(release.directory)].map(([path, content]) => [path, content.toString()]);
      const written: BlueprintFiles = Object.fromEntries(texts);
      expect(trustedBlueprint(written)).toMatchObject({ name: 'osmose', version: release.version });
      expect(storesOf(written)).toEqual(storesOf(files[base] ?? {}));
    }
  },
);
