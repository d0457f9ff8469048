import { expect, test } from 'vitest';
import { Migration } from '../../../src/contracts/blueprint.ts';
import { Version } from '../../../src/contracts/ids.ts';
import { pendingMigrations } from '../../../src/model/releases/migrations.ts';

function migration(name: string, since: string) {
  return Migration.parse({ name, since, compatible: true, command: ['true'], service: 'app' });
}
const blueprint = {
  migrations: [
    migration('first', '1.5.0'),
    migration('second', '2.0.0'),
    migration('third', '2.0.0'),
    migration('tenth', '2.10.0'),
  ],
};

test.each<[string, string, string[], string[]]>([
  ['from the beginning: all, in order', '1.0.0', [], ['first', 'second', 'third', 'tenth']],
  ['from a version that needed some: the rest', '1.5.0', [], ['second', 'third', 'tenth']],
  ['from between versions', '1.9.9', [], ['second', 'third', 'tenth']],
  ['numbers are compared as numbers', '2.9.0', [], ['tenth']],
  ['from the last: none', '2.10.0', [], []],
  ['without those that are finished', '1.5.0', ['second'], ['third', 'tenth']],
  ['what was finished out of order stays finished', '1.0.0', ['tenth', 'gone'], ['first', 'second', 'third']],
])('%s', (_, from, finished, names) => {
  expect(pendingMigrations(blueprint, Version.parse(from), finished).map(({ name }) => name)).toEqual(names);
});
