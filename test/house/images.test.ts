import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const images = fileURLToPath(new URL('../../images/', import.meta.url));
const names = readdirSync(images, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

/** BuildKit gives a directory made by `COPY --chmod` the mode of its files: without execution, nobody may enter it. */
function directoriesNobodyMayEnter(dockerfile: string): string[] {
  const instructions = dockerfile.replaceAll('\\\n', ' ').split('\n');
  return instructions.flatMap((line, at) => {
    const [, mode = '', directory = ''] = /^COPY .*--chmod=(\d+) .* (\S+)\/$/.exec(line) ?? [];
    if (directory === '' || Number.parseInt(mode, 8) & 0o111) return [];
    const before = instructions.slice(0, at).join('\n');
    const last = directory.slice(directory.lastIndexOf('/'));
    return new RegExp(`(mkdir|install -d) [^&]*${last}\\b`).test(before) ? [] : [directory];
  });
}

test.each(names)('%s copies no file into a directory that nobody may enter', (name) => {
  expect(directoriesNobodyMayEnter(readFileSync(`${images}${name}/Dockerfile`, 'utf8'))).toEqual([]);
});

test('a directory that a copy makes is told from one that was made before', () => {
  const copy = 'COPY --chmod=0644 neo4j.conf /var/lib/neo4j/startup/';
  expect(directoriesNobodyMayEnter(copy)).toEqual(['/var/lib/neo4j/startup']);
  expect(directoriesNobodyMayEnter(`RUN true \\\n && mkdir "$HOME"/startup \\\n && true\n${copy}`)).toEqual([]);
  expect(directoriesNobodyMayEnter(copy.replace('0644', '0755'))).toEqual([]);
});
