import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { drydockVersion } from '../../src/activities/sets/artifacts.ts';
import { controlDeclarations, hostDeclarations } from '../../src/activities/steps.ts';
import { searchAttributes, workflowTypes } from '../../src/contracts/queues.ts';
import { errorCodes } from '../../src/errors.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

test('manifests name the version of the package', () => {
  expect(drydockVersion).toBe(JSON.parse(read('package.json')).version);
});

test('the workflow types are what the workflows’ index exports', () => {
  const exported = [...read('src/workflows/index.ts').matchAll(/export \{([^}]*)\}/g)].flatMap(([, names = '']) =>
    names.split(',').map((name) => name.trim()),
  );
  expect(exported.sort()).toEqual([...workflowTypes].sort());
});

test('Compose for a team registers exactly our search attributes', () => {
  const text = read('docker-compose.temporal.yml');
  for (const name of searchAttributes) expect(text, name).toContain(name);
});

test('no two steps have the same title, so an entry of a history leads to one place in the code', () => {
  const titles = Object.values({ ...hostDeclarations, ...controlDeclarations }).map(({ title }) => title);
  expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
});

test('every code ends the command with a code that is not success', () => {
  for (const [code, { exitCode }] of Object.entries(errorCodes)) expect(exitCode, code).toBeGreaterThan(0);
});
