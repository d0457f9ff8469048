import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const sourcesIn = (...folders: string[]) =>
  folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );

const sources = sourcesIn('src');
const lines = new Map(sources.map((path) => [path, read(path).trimEnd().split('\n').length]));

describe('a source file', () => {
  const sizes = [...lines.values()].sort((one, other) => one - other);
  const atShare = (share: number) => sizes[Math.floor(sizes.length * share)] ?? 0;

  test('fits on two screens; one in ten is longer, and none takes a quarter of an hour to read', () => {
    expect(atShare(0.5)).toBeLessThan(80);
    expect(atShare(0.9)).toBeLessThan(180);
    expect([...lines].filter(([, count]) => count > 300)).toEqual([]);
  });

  test('says something of its own: no file only re-exports', () => {
    // Temporal must find the first; programs that use the client must find the second.
    const doors = ['src/workflows/index.ts', 'src/client/index.ts'];
    const handsOn = sources.filter((path) => {
      const statements = read(path)
        .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
        .trim();
      return /^(export [^;]*from '[^']*';\s*)+$/.test(statements);
    });
    expect(handsOn.filter((path) => !doors.includes(path))).toEqual([]);
  });
});

describe('what a source file exports', () => {
  const readers = [...sources, ...sourcesIn('test', 'bench', 'scripts')];
  const imported = new Map<string, Set<string>>();
  for (const path of readers) {
    for (const [, clause = '', from = ''] of read(path).matchAll(/(?:import|export)\s([^;]*?)\sfrom\s'(\.[^']+)'/g)) {
      const target = join(dirname(path), from);
      const names = imported.get(target) ?? new Set();
      for (const name of namesIn(clause)) names.add(name);
      imported.set(target, names);
    }
  }

  test('is used by another file', () => {
    const dead = sources.flatMap((path) => {
      const used = imported.get(path) ?? new Set();
      if (used.has('*') || path === 'src/workflows/index.ts' || path === 'src/client/index.ts') return [];
      return [...exportsOf(read(path))].filter((name) => !used.has(name)).map((name) => `${path}: ${name}`);
    });
    expect(dead).toEqual([]);
  });
});

/** `{ one, type two, three as four }`, or `*` for everything. */
function namesIn(clause: string): string[] {
  const list = /\{([\s\S]*)\}/.exec(clause)?.[1];
  if (list === undefined) return ['*'];
  return list.split(',').map(
    (entry) =>
      entry
        .trim()
        .replace(/^type\s+/, '')
        .split(/\s+as\s+/)[0] ?? '',
  );
}

function exportsOf(text: string): Set<string> {
  const declared = text.matchAll(
    /^export (?:declare )?(?:async )?(?:const|let|function\*?|class|abstract class|interface|type|enum) (\w+)/gm,
  );
  return new Set([...declared].map(([, name = '']) => name));
}
