import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { kinds } from '../../src/stores/kinds.ts';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

/** Text of every source file, by its path below `src`. */
const texts = new Map<string, string>();
beforeAll(async () => {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((found) => found.isFile())) {
    const path = join(entry.parentPath, entry.name);
    texts.set(path.slice(source.length), await readFile(path, 'utf8'));
  }
});

/** Files outside of a folder in which a pattern is found. */
function filesWith(pattern: RegExp, outside = 'nowhere/'): string[] {
  return [...texts].filter(([path, text]) => !path.startsWith(outside) && pattern.test(text)).map(([path]) => path);
}

test('nothing is cast to never, nor to a store that runs', () => {
  expect(filesWith(/\bas never\b(?!:)/)).toEqual([]);
  expect(filesWith(/\bas RunningService\b/)).toEqual([]);
});

test('no kind of store is told from the others outside of the stores', () => {
  const names = kinds.map(({ name }) => name).join('|');
  expect(filesWith(new RegExp(`kind\\b\\S* [!=]==? '(${names})'`), 'stores/')).toEqual([]);
});

test('at most five files outside of the stores name a kind', () => {
  const named = kinds.filter(({ spec }) => 'service' in spec.shape).map(({ name }) => name);
  expect(named).toEqual(['neo4j', 'qdrant', 'redis']);
  expect(filesWith(new RegExp(named.join('|'), 'i'), 'stores/').length).toBeLessThanOrEqual(5);
});

test('a kind is one folder and two lines', async () => {
  const found = await readdir(join(source, 'stores'), { withFileTypes: true });
  const folders = found.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders.sort()).toEqual(kinds.map(({ name }) => name).sort());
  for (const folder of folders) {
    expect(texts.has(`stores/${folder}/kind.ts`)).toBe(true);
    expect(filesWith(new RegExp(`/${folder}/driver\\.ts'`))).toEqual(['stores/drivers.ts']);
  }
});
