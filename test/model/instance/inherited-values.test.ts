import { expect, test } from 'vitest';
import { inheritedValues } from '../../../src/model/instance/inherited-values.ts';
import { aBlueprint } from '../../support/builders.ts';

const planned = {
  APP_PORT: '8100',
  NEO4J_PASSWORD: 'new',
  MODEL_KEY: '',
  NEO4J_IMAGE: 'neo4j:new',
  TENANT_ID: 'default',
  APP_MEMORY: '256m',
};
const inherited = {
  APP_PORT: '8000',
  NEO4J_PASSWORD: 'old',
  MODEL_KEY: 'key',
  NEO4J_IMAGE: 'neo4j:old',
  TENANT_ID: 'pharma',
  APP_MEMORY: '1g',
  GONE: 'x',
};

test('a copy keeps its own ports, images and generated secrets, and takes the rest', () => {
  expect(inheritedValues(aBlueprint(), planned, inherited, { kind: 'copy', given: [] })).toEqual({
    APP_PORT: '8100',
    NEO4J_PASSWORD: 'new',
    MODEL_KEY: 'key',
    NEO4J_IMAGE: 'neo4j:new',
    TENANT_ID: 'pharma',
    APP_MEMORY: '1g',
  });
});

test('a replacement takes over all secrets, but not ports and images', () => {
  expect(inheritedValues(aBlueprint(), planned, inherited, { kind: 'replacement', given: [] })).toMatchObject({
    APP_PORT: '8100',
    NEO4J_PASSWORD: 'old',
    NEO4J_IMAGE: 'neo4j:new',
  });
});

test('what the request gave stays, and what the set does not hold stays as planned', () => {
  const given = ['TENANT_ID', 'MODEL_KEY'];
  const values = inheritedValues(aBlueprint(), planned, { ...inherited, APP_MEMORY: '' }, { kind: 'copy', given });
  expect(values).toMatchObject({ TENANT_ID: 'default', MODEL_KEY: '', APP_MEMORY: '256m' });
});
