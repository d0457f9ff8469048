import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createControlActivities, createHostActivities } from '../../src/activities/index.ts';
import { drydockVersion } from '../../src/activities/sets/artifacts.ts';
import { searchAttributes, workflowTypes } from '../../src/contracts/queues.ts';
import { errorCodes } from '../../src/errors.ts';
import { longSteps } from '../../src/workflows/running/policies.ts';

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

test('every step that may take long is one that exists', () => {
  const none = {} as never;
  const steps = { ...createHostActivities(none), ...createControlActivities(none) };
  expect([...longSteps].filter((step) => !Object.hasOwn(steps, step))).toEqual([]);
});

test('every code ends the command with a code that is not success', () => {
  for (const [code, { exitCode }] of Object.entries(errorCodes)) expect(exitCode, code).toBeGreaterThan(0);
});
