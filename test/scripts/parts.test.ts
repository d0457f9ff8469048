import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { root } from '../../scripts/proof/files.ts';
import { parseLedger, renderLedger } from '../../scripts/proof/ledger.ts';
import { parts } from '../../scripts/proof/parts.ts';

const named = parts.map(({ name }) => name);

test('every folder of test/proof is a part of the proof, so that none of its tests is forgotten', () => {
  const entries = readdirSync(`${root}test/proof`, { withFileTypes: true });
  expect(entries.filter((entry) => !entry.isDirectory())).toEqual([]);
  expect(entries.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([]);
});

test.each(parts)('$name has a name of its own, and what it runs is there', ({ name, command }) => {
  expect(named.filter((other) => other === name)).toHaveLength(1);
  const file = command[0] === 'vitest' ? command.at(-1) : command[0];
  expect(existsSync(`${root}${file}`)).toBe(true);
});

test('docs/proof.md is what scripts/prove would write of it', () => {
  const text = readFileSync(`${root}docs/proof.md`, 'utf8');
  expect(renderLedger(parseLedger(text), parts)).toBe(text);
});
