import { expect, test } from 'vitest';
import { memoryBudget, memoryBytes } from '../../../src/model/instance/budget.ts';
import { aComposeModel } from '../../support/builders.ts';

test.each([
  ['512m', 512 * 1024 ** 2],
  ['1g', 1024 ** 3],
  ['1.5G', 1.5 * 1024 ** 3],
  ['64k', 65_536],
  ['1073741824', 1024 ** 3],
  [1073741824, 1024 ** 3],
  ['100b', 100],
  ['512mb', 512 * 1024 ** 2],
  ['0', 0],
  [undefined, undefined],
  ['much', undefined],
  ['-1g', undefined],
  ['${NEO4J_MEMORY}', undefined],
])('the limit %s is %s bytes', (limit, bytes) => {
  expect(memoryBytes(limit)).toBe(bytes);
});

test('an instance is promised the sum of its limits; a service without one counts as nothing', () => {
  const model = aComposeModel({ stores: ['graph', 'queue'] });
  const app = model.services['app'];
  if (app !== undefined) app.deploy = { resources: { limits: { memory: '268435456' } } };
  expect(memoryBudget(model)).toBe((512 + 512 + 256) * 1024 ** 2);
});
